/* --json of verbs that work for a while: standard output is one JSON document, and all else that the verb prints goes to
 * standard error. */
#ifndef LEUKVK_CLI_UI_JSON_RESULT_H
#define LEUKVK_CLI_UI_JSON_RESULT_H

/* From here on standard output goes to standard error. Ends the program where that cannot be. */
void json_result_begin(void);

/* From here on standard output is again what it was: the document is printed next. */
void json_result_end(void);

/* json_result_end(), then the contents of FOLDER/NAME. Returns the verb's exit status. */
int json_result_file(const char *folder, const char *name);

#endif
