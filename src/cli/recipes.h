/* Recipes: settings of a training that belong together, under a name. */
#ifndef LEUKVK_CLI_RECIPES_H
#define LEUKVK_CLI_RECIPES_H

enum { RECIPE_MAX_SETTINGS = 24 };

/* An option of a training by its long name; NULL: a switch. */
typedef struct recipe_setting {
    const char *option, *value;
} recipe_setting;

typedef struct recipe {
    const char *name, *summary;
    recipe_setting settings[RECIPE_MAX_SETTINGS]; /* up to one without a name; the rest is as by default */
} recipe;

/* By number, NULL past the last; and by name, NULL: there is none. */
const recipe *recipe_at(int index);
const recipe *recipe_find(const char *name);

#endif
