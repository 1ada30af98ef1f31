#include "format.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

char *format_count(char text[FORMAT_SIZE], uint64_t count) {
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    char *at = text;
    for (int i = 0; i < length; ++i) {
        if (i > 0 && (length - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return text;
}

char *format_bytes(char text[FORMAT_SIZE], uint64_t bytes) {
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        snprintf(text, FORMAT_SIZE, "%llu B", (unsigned long long)bytes);
        return text;
    }
    double value = (double)bytes / 1024;
    size_t unit = 0;
    for (; value >= 1023.95 && unit + 1 < sizeof units / sizeof *units; ++unit) /* never "1024.0 MiB" */
        value /= 1024;
    snprintf(text, FORMAT_SIZE, "%.1f %s", value, units[unit]);
    return text;
}

char *format_duration(char text[FORMAT_SIZE], double seconds) {
    if (!(seconds >= 0) || seconds > 1e12) { /* NaN too */
        snprintf(text, FORMAT_SIZE, "n/a");
    } else if (seconds < 9.95) {
        snprintf(text, FORMAT_SIZE, "%.*f s", seconds < 0.995 ? 2 : 1, seconds);
    } else if (seconds < 3599.5) {
        const unsigned long long whole = (unsigned long long)llround(seconds);
        if (whole < 60)
            snprintf(text, FORMAT_SIZE, "%llu s", whole);
        else
            snprintf(text, FORMAT_SIZE, "%llu min %02llu s", whole / 60, whole % 60);
    } else {
        const unsigned long long minutes = (unsigned long long)llround(seconds / 60);
        snprintf(text, FORMAT_SIZE, "%llu h %02llu min", minutes / 60, minutes % 60);
    }
    return text;
}

char *format_number(char text[FORMAT_SIZE], double value, int decimals) {
    if (isnan(value))
        snprintf(text, FORMAT_SIZE, "n/a");
    else if (fabs(value) < 1e15)
        snprintf(text, FORMAT_SIZE, "%.*f", decimals, value);
    else
        snprintf(text, FORMAT_SIZE, "%.6g", value);
    return text;
}

char *format_scaled(char text[FORMAT_SIZE], double value, const char *unit) {
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
    size_t prefix = 0;
    for (; fabs(value) >= 999.5 && prefix + 1 < sizeof prefixes / sizeof *prefixes; ++prefix)
        value /= 1000;
    const int decimals = prefix == 0 && value == floor(value) ? 0
                         : fabs(value) < 9.995                ? 2
                         : fabs(value) < 99.95                ? 1
                                                              : 0;
    snprintf(text, FORMAT_SIZE, "%.*f %s%.16s", decimals, value, prefixes[prefix], unit);
    return text;
}
