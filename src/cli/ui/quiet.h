/* --quiet: no progress and no lines of information, on either stream; results, warnings and errors remain, and the
 * device and the seed of a training. */
#ifndef LEUKVK_CLI_UI_QUIET_H
#define LEUKVK_CLI_UI_QUIET_H

#include <stdbool.h>

void quiet_set(void);
bool quiet_is_set(void);

#endif
