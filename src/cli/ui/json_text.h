/* Text in JSON that the command line prints itself. */
#ifndef LEUKVK_CLI_UI_JSON_TEXT_H
#define LEUKVK_CLI_UI_JSON_TEXT_H

/* Prints `text` to standard output as a JSON string, with its quotes. `text` is UTF-8. Where memory is out, the
 * program ends, as one that has failed. */
void print_json_text(const char *text);

/* Prints `value` as a JSON number with up to nine significant digits; null where it is not finite. */
void print_json_number(double value);

#endif
