/* Presets: settings of a training that belong together, under a name. */
#ifndef LEUKVK_CLI_PRESETS_H
#define LEUKVK_CLI_PRESETS_H

enum { PRESET_MAX_SETTINGS = 24 };

/* An option of a training by its long name; NULL: a switch. */
typedef struct preset_setting {
    const char *option, *value;
} preset_setting;

typedef struct preset {
    const char *name, *summary;
    preset_setting settings[PRESET_MAX_SETTINGS]; /* up to one without a name; the rest is as by default */
} preset;

/* By number, NULL past the last; and by name, NULL: there is none. */
const preset *preset_at(int index);
const preset *preset_find(const char *name);

#endif
