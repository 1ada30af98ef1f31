/* Ctrl-C. */
#ifndef LEUKVK_CLI_UI_INTERRUPT_H
#define LEUKVK_CLI_UI_INTERRUPT_H

#include <stdbool.h>

/* To be called once, before threads are started: from now on SIGINT ends the program at once, after a line that says so. Files are
 * replaced as a whole, and folders of many files have a mark until they are complete, so that nothing half-written
 * looks whole. A SIGINT that the caller of the program ignores stays ignored. */
void interrupt_begin(void);

/* Lets SIGTERM, and SIGHUP unless it is ignored, do the same as SIGINT. */
void interrupt_take_all(void);

/* Whether the program is now in work that it looks up from often, and ends better by itself: the first signal only makes
 * interrupt_asked return true, a second one kills. */
void interrupt_defer(bool defers);

bool interrupt_asked(void);

/* What the line says after "interrupted": how to go on. */
void interrupt_set_advice(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
