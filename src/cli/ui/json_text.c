#include "json_text.h"

#include "leukvk/app/text.h"
#include "leukvk/predict.h"
#include "memory.h"

#include <math.h>
#include <stdio.h>

void print_json_text(const char *text) {
    char *json = lvk_text_json(text);
    if (!json)
        end_without_memory();
    fputs(json, stdout);
    lvk_text_free(json);
}

void print_json_number(double value) {
    if (isfinite(value))
        printf("%.9g", value);
    else
        printf("null");
}
