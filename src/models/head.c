#include "models/head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_UNITS = 65536, PART_SIZE = 32 };

static lvk_status parse_part(const char *part, lvk_head *head) {
    char *end;
    const char *number = strchr(part, ':');
    if (strcmp(part, LVK_HEAD_STANDARDIZE) == 0 && head->count == 0 && !head->standardize) {
        head->standardize = true;
        return LVK_OK;
    }
    if (head->count == LVK_HEAD_MAX_LAYERS)
        return lvk_fail(LVK_ERROR_ARGUMENT, "--head: more than %d layers", LVK_HEAD_MAX_LAYERS);
    if (number && number[1] != '\0' && strspn(number + 1, "0123456789.") == strlen(number + 1)) {
        const double value = strtod(number + 1, &end);
        if (*end == '\0' && strncmp(part, "dense:", 6) == 0 && value >= 1 && value <= MOST_UNITS &&
            value == (uint32_t)value) {
            head->layers[head->count++].units = (uint32_t)value;
            return LVK_OK;
        }
        if (*end == '\0' && strncmp(part, "dropout:", 8) == 0 && value >= 0 && value < 1) {
            head->layers[head->count++].rate = value;
            return LVK_OK;
        }
    }
    return lvk_fail(
        LVK_ERROR_ARGUMENT,
        "--head: '%s' is neither dense:N, N from 1 to %d, nor dropout:R, R from 0 to below 1, nor "
        "standardize at the beginning",
        part, MOST_UNITS);
}

lvk_status lvk_head_parse(const char *text, lvk_head *head) {
    *head = (lvk_head){0};
    if (*text == '\0' || strcmp(text, "none") == 0)
        return LVK_OK;
    for (;;) {
        const size_t length = strcspn(text, ",");
        char part[PART_SIZE];
        snprintf(part, sizeof part, "%.*s", (int)(length < PART_SIZE ? length : PART_SIZE), text);
        LVK_TRY(parse_part(part, head));
        if (text[length] == '\0')
            return LVK_OK;
        text += length + 1;
    }
}

/* The name of layer number `number` of a kind, from 0: "dense", "dense_1", "dense_2", … */
static const char *numbered(char name[PART_SIZE], const char *stem, int number) {
    if (number == 0)
        snprintf(name, PART_SIZE, "%s", stem);
    else
        snprintf(name, PART_SIZE, "%s_%d", stem, number);
    return name;
}

/* A dense layer; `folded` is cleared, since the standardization is folded into the first. */
static int add_dense(lvk_builder *builder, int number, int x, uint32_t units, bool relu, bool *folded) {
    char name[PART_SIZE];
    const size_t first = builder->parameter_count;
    const int y = lvk_layer_dense(builder, numbered(name, "dense", number), x, units, relu);
    if (*folded)
        lvk_layer_fold_standardize(builder, LVK_HEAD_STANDARDIZE, first);
    *folded = false;
    return y;
}

int lvk_head_build(lvk_builder *builder, int features, const lvk_head *head, bool folded, uint32_t logits) {
    char name[PART_SIZE];
    int x = features, dense = 0, dropout = 0;
    folded = folded && head->standardize;
    if (head->standardize && !folded)
        x = lvk_layer_standardize(builder, LVK_HEAD_STANDARDIZE, x);
    for (int i = 0; i < head->count; ++i)
        x = head->layers[i].units
                ? add_dense(builder, dense++, x, head->layers[i].units, true, &folded)
                : lvk_layer_dropout(builder, numbered(name, "dropout", dropout++), x, head->layers[i].rate);
    return add_dense(builder, dense, x, logits, false, &folded);
}
