/* The figures of a report as PNG files, for programs that take no SVG. */
#ifndef LEUKVK_CLI_REPORT_PNG_H
#define LEUKVK_CLI_REPORT_PNG_H

/* Writes NAME.png beside each NAME.svg in the folder, at twice its size, by rsvg-convert (Debian: librsvg2-bin).
 * Says so in one line where that program is not installed, or where it fails. */
void report_write_png(const char *folder);

#endif
