/* Numbers for people. Each function fills and returns the caller's buffer of FORMAT_SIZE bytes. */
#ifndef LEUKVK_CLI_UI_FORMAT_H
#define LEUKVK_CLI_UI_FORMAT_H

#include <stdint.h>

enum { FORMAT_SIZE = 40 };

char *format_count(char text[FORMAT_SIZE], uint64_t count); /* "1,234,567" */
char *format_bytes(char text[FORMAT_SIZE], uint64_t bytes); /* "1.5 GiB", "512 B" */
char *format_duration(char text[FORMAT_SIZE],
                      double seconds); /* "0.42 s", "12 s", "3 min 20 s", "2 h 05 min" */
char *format_number(char text[FORMAT_SIZE], double value, int decimals); /* "0.8988"; "n/a" for NaN */

/* Three significant digits and a unit prefix: format_scaled(text, 1.51e9, "FLOP") gives "1.51 GFLOP". */
char *format_scaled(char text[FORMAT_SIZE], double value, const char *unit);

#endif
