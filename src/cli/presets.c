#include "presets.h"

#include <stddef.h>
#include <string.h>

/* The Keras work: pixels in 0..1 of the cell's own box, and copies of normal cells until there are as many as
 * of ALL. It made them before it split, turned, so that copies of a training cell were in its test part; here
 * they are drawn from the training part alone and, like all other cells there, not turned. */
static const preset presets[] = {
    {"default", "the defaults of all options", {{0}}},
    {"keras",
     "the Keras work that leukvk began with",
     {{"model", "cnn"},
      {"dropout", "0.25"},
      {"crop", "bbox"},
      {"no-augment", NULL},
      {"normalize", "none"},
      {"balance", "oversample"},
      {"optimizer", "adam"},
      {"learning-rate", "0.001"},
      {"schedule", "constant"},
      {"batch", "32"},
      {"epochs", "20"},
      {"patience", "3"}}},
};
enum { PRESET_COUNT = sizeof presets / sizeof *presets };

const preset *preset_at(int index) {
    return index < PRESET_COUNT ? &presets[index] : NULL;
}

const preset *preset_find(const char *name) {
    for (int i = 0; i < PRESET_COUNT; ++i)
        if (strcmp(presets[i].name, name) == 0)
            return &presets[i];
    return NULL;
}
