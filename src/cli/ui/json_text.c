#include "json_text.h"

#include "leukvk/predict.h"
#include "leukvk/text.h"

#include <stdio.h>

void print_json_text(const char *text) {
    char *json = lvk_text_json(text);
    fputs(json ? json : "null", stdout);
    lvk_text_free(json);
}
