#include "dataset/names.h"

#include <string.h>

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool lvk_text_equal_n(const char *a, const char *b, size_t size) {
    for (size_t i = 0; i < size; ++i) {
        if (lower(a[i]) != lower(b[i]))
            return false;
        if (!a[i])
            return true;
    }
    return true;
}

bool lvk_text_equal(const char *a, const char *b) {
    return strlen(a) == strlen(b) && lvk_text_equal_n(a, b, strlen(a));
}

bool lvk_text_contains(const char *text, const char *part) {
    const size_t size = strlen(part);
    for (; strlen(text) >= size; ++text)
        if (lvk_text_equal_n(text, part, size))
            return true;
    return false;
}

static const char *image_extension(const char *name) {
    static const char *const extensions[] = {".bmp", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof extensions / sizeof *extensions; ++i)
        if (lvk_text_equal(dot, extensions[i]))
            return dot;
    return NULL;
}

bool lvk_name_is_image(const char *name) {
    return name[0] != '.' && image_extension(name);
}

size_t lvk_name_stem(const char *name) {
    const char *dot = image_extension(name);
    return dot ? (size_t)(dot - name) : strlen(name);
}

void lvk_name_canonical(const char *text, size_t size, char subject[LVK_SUBJECT_SIZE]) {
    for (size_t i = 0; i < size; ++i)
        subject[i] = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 32) : text[i];
    subject[size] = '\0';
}

bool lvk_name_parse(const char *name, char subject[LVK_SUBJECT_SIZE], int *all_or_hem) {
    if (strlen(name) < 4 || !lvk_text_equal_n(name, "UID_", 4))
        return false;
    const size_t size = strcspn(name + 4, "_");
    if (size == 0 || size >= LVK_SUBJECT_SIZE || name[4 + size] != '_')
        return false;
    lvk_name_canonical(name + 4, size, subject);

    const size_t stem = lvk_name_stem(name);
    *all_or_hem = -1;
    if (stem > 4 && lvk_text_equal_n(name + stem - 4, "_all", 4))
        *all_or_hem = 0;
    else if (stem > 4 && lvk_text_equal_n(name + stem - 4, "_hem", 4))
        *all_or_hem = 1;
    return true;
}
