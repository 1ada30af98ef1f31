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
    const struct argp_option
        *options[MOST_NAMES]; /* what a name stands for: of an alias, the option before it */
    char letters[MOST_NAMES + 1], letters_with_value[MOST_NAMES + 1]; /* of short options, strings */
    size_t count;
} option_names;

static bool takes_value(const struct argp_option *option) {
    return option->arg && !(option->flags & OPTION_ARG_OPTIONAL);
}

static void add_letter(char *letters, int letter) {
    const size_t length = strlen(letters);
    if (length < MOST_NAMES)
        letters[length] = (char)letter;
}

static void add_names(const struct argp *parser, option_names *all) {
    const struct argp_option *real = parser->options;
    for (const struct argp_option *o = parser->options; o && (o->name || o->doc || o->key || o->group); ++o) {
        if (!(o->flags & OPTION_ALIAS))
            real = o;
        if (o->key > ' ' && o->key < 127) {
            add_letter(all->letters, o->key);
            if (takes_value(real))
                add_letter(all->letters_with_value, o->key);
        }
        if (!o->name || all->count == MOST_NAMES)
            continue;
        all->options[all->count] = real;
        all->names[all->count++] = o->name;
    }
    for (const struct argp_child *child = parser->children; child && child->argp; ++child)
        add_names(child->argp, all);
}

/* The first option whose name begins with these letters, as getopt_long takes it; `count` where there is none.
 * `other` becomes one of another meaning that begins so, or `count`. */
static size_t find_name(const option_names *all, const char *text, size_t length, size_t *other) {
    size_t found = all->count;
    *other = all->count;
    for (size_t i = 0; i < all->count; ++i)
        if (strncmp(all->names[i], text, length) == 0 && all->names[i][length] == '\0')
            return i;
    for (size_t i = 0; i < all->count; ++i)
        if (strncmp(all->names[i], text, length) != 0)
            continue;
        else if (found == all->count)
            found = i;
        else if (*other == all->count && all->options[i] != all->options[found])
            *other = i;
    return found;
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

static void refuse_without_value(const char *program, const char *dashes, const char *name) {
    fprintf(stderr, "%s: %s%s needs a value; %s --help tells which\n", program, dashes, name, program);
    exit(EXIT_USAGE);
}

/* "-q", "-qo FILE", "-oFILE": returns whether the value is the next word. */
static bool read_letters(const option_names *all, const char *program, const char *text, bool is_last) {
    for (const char *letter = text + 1; *letter; ++letter) {
        const char option[] = {*letter, '\0'};
        if (!strchr(all->letters, *letter))
            refuse(program, all, text, strlen(text));
        if (!strchr(all->letters_with_value, *letter))
            continue;
        if (letter[1] == '\0' && is_last)
            refuse_without_value(program, "-", option);
        return letter[1] == '\0';
    }
    return false;
}

/* "--name", "--name=VALUE", or the first letters of a name. Returns whether the value is the next word. */
static bool read_long(const option_names *all, const char *program, const char *text, bool is_last) {
    size_t other;
    const size_t length = strcspn(text + 2, "=");
    const size_t option = find_name(all, text + 2, length, &other);
    if (option == all->count)
        refuse(program, all, text, length);
    const char *name = all->names[option];
    const bool value = text[2 + length] == '=';
    if (other < all->count) {
        fprintf(stderr, "%s: '%s' may be --%s or --%s\n", program, shown(text), name, all->names[other]);
        exit(EXIT_USAGE);
    }
    if (value && !all->options[option]->arg) {
        fprintf(stderr, "%s: --%s takes no value\n", program, name);
        exit(EXIT_USAGE);
    }
    const bool takes_next = !value && takes_value(all->options[option]);
    if (takes_next && is_last)
        refuse_without_value(program, "--", name);
    if (!suggest_was_given(name))
        given[given_count++] = name;
    return takes_next;
}

void suggest_option(const struct argp *parser, int argc, char **argv) {
    option_names all = {.count = 0};
    size_t other;
    add_names(parser, &all);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; ++i) {
        const char *text = argv[i];
        const bool is_last = i + 1 == argc;
        if (text[0] == '\0') {
            fprintf(stderr, "%s: argument %d is empty: no file or folder is called so\n", argv[0], i);
            exit(EXIT_USAGE);
        }
        if (text[0] != '-' || text[1] == '\0')
            continue;
        if (text[1] == '-') {
            i += read_long(&all, argv[0], text, is_last);
            continue;
        }
        const size_t length = strcspn(text + 1, "="); /* "-epochs" is a long option with a dash missing */
        if (length > 1 && !strchr(all.letters_with_value, text[1]) &&
            find_name(&all, text + 1, length, &other) < all.count)
            refuse(argv[0], &all, text, length);
        i += read_letters(&all, argv[0], text, is_last);
    }
}

bool suggest_was_given(const char *name) {
    for (size_t i = 0; i < given_count; ++i)
        if (strcmp(given[i], name) == 0)
            return true;
    return false;
}
