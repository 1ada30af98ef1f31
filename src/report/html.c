#include "report/html.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void lvk_html(lvk_text *text, const char *format, ...) {
    va_list strings;
    va_start(strings, format);
    for (const char *place; (place = strstr(format, "{}")); format = place + 2) {
        lvk_text_add_bytes(text, format, (size_t)(place - format));
        const char *string = va_arg(strings, const char *);
        lvk_html_add(text, string ? string : "");
    }
    va_end(strings);
    lvk_text_add_bytes(text, format, strlen(format));
}

char *lvk_html_number(char buffer[LVK_NUMBER_SIZE], double value, int decimals) {
    if (!isfinite(value))
        snprintf(buffer, LVK_NUMBER_SIZE, "n/a");
    else if (fabs(value) < 1e15)
        lvk_number_format_decimal(buffer, LVK_NUMBER_SIZE, value, decimals);
    else
        lvk_number_format(buffer, LVK_NUMBER_SIZE, value, 4);
    return buffer;
}

double lvk_json_number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

void lvk_json_interval(const json_t *object, const char *key, double *low, double *high) {
    char name[LVK_NUMBER_SIZE];
    snprintf(name, sizeof name, "%s_95", key);
    const json_t *ends = json_object_get(object, name), *first = json_array_get(ends, 0),
                 *second = json_array_get(ends, 1);
    const bool known = json_is_number(first) && json_is_number(second);
    *low = known ? json_number_value(first) : (double)NAN;
    *high = known ? json_number_value(second) : (double)NAN;
}

char *lvk_html_score(char buffer[2 * LVK_NUMBER_SIZE], const json_t *object, const char *key) {
    char value[LVK_NUMBER_SIZE], from[LVK_NUMBER_SIZE], to[LVK_NUMBER_SIZE];
    double low, high;
    lvk_json_interval(object, key, &low, &high);
    lvk_html_number(value, lvk_json_number(object, key), 3);
    if (isnan(low))
        snprintf(buffer, 2 * LVK_NUMBER_SIZE, "%.20s (no interval)", value);
    else
        snprintf(buffer, 2 * LVK_NUMBER_SIZE, "%.20s (95 %% interval %.20s to %.20s)", value,
                 lvk_html_number(from, low, 3), lvk_html_number(to, high, 3));
    return buffer;
}
