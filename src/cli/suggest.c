#include "suggest.h"

#include "ui/output.h"
#include "verb.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

enum { LONGEST_WORD = 32 };

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* The number of letters to leave out, put in, change or swap with the next one (optimal string alignment). */
static size_t distance(const char *a, const char *b) {
    size_t rows[3][LONGEST_WORD + 1]; /* row i % 3: from the first i letters of `a` */
    const size_t columns = strlen(b);
    for (size_t k = 0; k <= columns; ++k)
        rows[0][k] = k;
    for (size_t i = 1; i <= strlen(a); ++i) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t k = 1; k <= columns; ++k) {
            row[k] = least(above[k - 1] + (a[i - 1] != b[k - 1]), least(above[k], row[k - 1]) + 1);
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                row[k] = least(row[k], two_above[k - 2] + 1);
        }
    }
    return rows[strlen(a) % 3][columns];
}

const char *suggest_word(const char *typed, const char *const *words, size_t count) {
    const char *nearest = NULL;
    if (strlen(typed) > LONGEST_WORD)
        return NULL;
    size_t found = strlen(typed) / 3 + 1; /* as many letters may differ, and one may always */
    for (size_t i = 0; i < count; ++i) {
        const size_t letters = strlen(words[i]) > LONGEST_WORD ? LONGEST_WORD : distance(typed, words[i]);
        if (letters < found + !nearest && letters < strlen(words[i])) {
            found = letters;
            nearest = words[i];
        }
    }
    return nearest;
}

/* ---- options ---- */

enum { MOST_NAMES = 256 };

static const char *given[MOST_NAMES]; /* the long options that were given, each once */
static size_t given_count;

typedef struct option_names {
    const char *names[MOST_NAMES];
    bool takes_value[MOST_NAMES];
    char letters[MOST_NAMES + 1]; /* of short options with a value, a string */
    size_t count, letter_count;
} option_names;

static void add_names(const struct argp *parser, option_names *all) {
    bool takes_value = false;
    for (const struct argp_option *o = parser->options; o && (o->name || o->doc || o->key || o->group); ++o) {
        if (!(o->flags & OPTION_ALIAS))
            takes_value = o->arg && !(o->flags & OPTION_ARG_OPTIONAL);
        if (takes_value && o->key > ' ' && o->key < 127 && all->letter_count < MOST_NAMES)
            all->letters[all->letter_count++] = (char)o->key;
        if (!o->name || all->count == MOST_NAMES)
            continue;
        all->takes_value[all->count] = takes_value;
        all->names[all->count++] = o->name;
    }
    for (const struct argp_child *child = parser->children; child && child->argp; ++child)
        add_names(child->argp, all);
}

/* The first option whose name begins with these letters, as getopt_long takes it; `count` where there is none. */
static size_t find_name(const option_names *all, const char *text, size_t length) {
    for (size_t i = 0; i < all->count; ++i)
        if (strncmp(all->names[i], text, length) == 0 && all->names[i][length] == '\0')
            return i;
    for (size_t i = 0; i < all->count; ++i)
        if (strncmp(all->names[i], text, length) == 0)
            return i;
    return all->count;
}

static void refuse(const char *program, const option_names *all, const char *typed, size_t length) {
    char name[LONGEST_WORD + 2];
    snprintf(name, sizeof name, "%.*s", (int)length, typed + strspn(typed, "-"));
    const char *meant = suggest_word(name, all->names, all->count);
    if (meant)
        fprintf(stderr, "%s: there is no option '%s'; did you mean --%s?\n", program, shown(typed), meant);
    else
        fprintf(stderr, "%s: there is no option '%s'; %s --help lists the options\n", program, shown(typed),
                program);
    exit(EXIT_USAGE);
}

void suggest_option(const struct argp *parser, int argc, char **argv) {
    option_names all = {.count = 0};
    add_names(parser, &all);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; ++i) {
        const char *text = argv[i];
        if (text[0] != '-' || text[1] == '\0') /* an empty word has no second letter */
            continue;
        const bool is_long = text[1] == '-';
        const size_t length = strcspn(text + (is_long ? 2 : 1), "=");
        if (!is_long) { /* letters; "-epochs" is a long option with a dash missing */
            if (length > 1 && !strchr(all.letters, text[1]) && find_name(&all, text + 1, length) < all.count)
                refuse(argv[0], &all, text, length);
            i += text[2] == '\0' && strchr(all.letters, text[1]) != NULL;
            continue;
        }
        const size_t option = find_name(&all, text + 2, length);
        if (option == all.count)
            refuse(argv[0], &all, text, length);
        if (!suggest_was_given(all.names[option]))
            given[given_count++] = all.names[option];
        i += text[2 + length] == '\0' && all.takes_value[option];
    }
}

bool suggest_was_given(const char *name) {
    for (size_t i = 0; i < given_count; ++i)
        if (strcmp(given[i], name) == 0)
            return true;
    return false;
}
