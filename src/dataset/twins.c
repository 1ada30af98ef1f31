#include "dataset/twins.h"

#include "core/file.h"
#include "dataset/class_names.h"
#include "dataset/names.h"
#include "dataset/path_span.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_LEVELS = 33 };

/* A folder and the first folder in it whose name is that of a form; size 0: none yet. */
typedef struct level {
    lvk_path_span above, form;
} level;

static bool is_form_word(const lvk_word *word) {
    static const char *const words[] = {
        "original",     "originals",     "orig",      "raw",          "segmented", "unsegmented",
        "segmentation", "segmentations", "seg",       "segs",         "mask",      "masks",
        "cropped",      "uncropped",     "crop",      "crops",        "roi",       "rois",
        "resized",      "aug",           "augmented", "augmentation", "processed", "preprocessed",
        "normalized",   "normalised",    "annotated", "overlay",      "overlays",  "annotation",
        "annotations",  "groundtruth",   "gt",        "binary",       "rgb",       "gray",
        "grey",         "grayscale",     "greyscale", "image",        "images",    "img",
        "imgs",         "picture",       "pictures"};
    for (size_t i = 0; i < sizeof words / sizeof *words; ++i)
        if (lvk_word_is(word, words[i]))
            return true;
    return false;
}

/* Whether all words of the name are such words, with numbers between them or not. */
static bool is_form(lvk_path_span name) {
    const char *at = name.at;
    lvk_word word;
    bool found = false;
    while (lvk_word_next(&at, name.at + name.size, &word)) {
        if (*word.at >= '0' && *word.at <= '9')
            continue;
        if (!is_form_word(&word))
            return false;
        found = true;
    }
    return found;
}

/* ---- one form beside other folders ---- */

typedef struct named_file {
    lvk_path_span name; /* without extension, and of the form's files without "_mask" and the like */
    bool in_form;
} named_file;

static int compare_names(const void *a, const void *b) {
    const named_file *x = a, *y = b;
    const size_t size = x->name.size < y->name.size ? x->name.size : y->name.size;
    const int order = memcmp(x->name.at, y->name.at, size);
    return order ? order : (x->name.size > y->name.size) - (x->name.size < y->name.size);
}

/* `size` without the ending, if the name has one, that says which form the picture is; `of_masks`: masks only. */
static size_t size_without_form(const char *name, size_t size, bool of_masks) {
    static const struct {
        const char *text;
        bool is_mask;
    } endings[] = {{"_mask", true},      {"-mask", true},         {" mask", true},  {"_seg", true},
                   {"_segmented", true}, {"_segmentation", true}, {"_crop", false}, {"_cropped", false}};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; ++i) {
        const size_t length = strlen(endings[i].text);
        if ((endings[i].is_mask || !of_masks) && size > length &&
            lvk_text_equal_n(name + size - length, endings[i].text, length))
            return size - length;
    }
    return size;
}

static lvk_path_span plain_name(const char *path, bool in_form) {
    const char *name = lvk_path_name(path);
    const size_t size = lvk_name_stem(name);
    return (lvk_path_span){name, in_form ? size_without_form(name, size, false) : size};
}

/* Whether at least half of the files in the form have the name of one beside it, in the folder above. */
static bool count_twins(named_file *files, size_t count) {
    size_t in_form = 0, twins = 0;
    if (count)
        qsort(files, count, sizeof *files, compare_names);
    for (size_t start = 0, end; start < count; start = end) {
        size_t here = 0;
        for (end = start; end < count && lvk_path_span_equal(files[end].name, files[start].name); ++end)
            here += files[end].in_form;
        in_form += here;
        twins += here < end - start ? here : 0;
    }
    return in_form && twins * 2 >= in_form;
}

static lvk_status has_twins(const lvk_scan *scan, const level *l, bool *twins) {
    size_t count = 0;
    named_file *files = lvk_alloc(scan->count, sizeof *files);
    if (!files)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < scan->count; ++i) {
        const char *path = scan->entries[i].path;
        if (strncmp(path, l->above.at, l->above.size) != 0)
            continue;
        const char *below = path + l->above.size;
        const bool in_form = strncmp(below, l->form.at, l->form.size) == 0 && below[l->form.size] == '/';
        files[count++] = (named_file){plain_name(path, in_form), in_form};
    }
    *twins = count_twins(files, count);
    lvk_free(files);
    return LVK_OK;
}

/* ---- masks beside the images ---- */

/* The path without extension, and of a mask without the ending that says so. */
static named_file image_of_mask(const char *path) {
    const char *name = lvk_path_name(path);
    const size_t stem = lvk_name_stem(name), size = size_without_form(name, stem, true);
    return (named_file){{path, (size_t)(name - path) + size}, size < stem};
}

static lvk_status refuse_masks(const lvk_scan *scan, const char *folder) {
    const char *mask = NULL;
    named_file *files = lvk_alloc(scan->count, sizeof *files);
    if (!files)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < scan->count; ++i) {
        files[i] = image_of_mask(scan->entries[i].path);
        if (files[i].in_form && !mask)
            mask = scan->entries[i].path;
    }
    const bool twins = mask && count_twins(files, scan->count);
    lvk_free(files);
    return twins
               ? lvk_fail(LVK_ERROR_FORMAT,
                          "%s: holds images and masks of them side by side, as %s: move the masks elsewhere",
                          folder, mask)
               : LVK_OK;
}

/* ---- the tree ---- */

static lvk_status fail_pair(const char *folder, const level *l, lvk_path_span other) {
    const char *slash = l->above.size ? "/" : "";
    const int above = l->above.size ? (int)l->above.size - 1 : 0;
    return lvk_fail(
        LVK_ERROR_FORMAT,
        "%s%s%.*s: %.*s and %.*s are no classes, but the same cells in two forms: name one of them, as %s/%.*s%.*s",
        folder, slash, above, l->above.at, (int)l->form.size, l->form.at, (int)other.size, other.at, folder,
        (int)l->above.size, l->above.at, (int)l->form.size, l->form.at);
}

static lvk_status fail_single(const char *folder, const level *l) {
    return lvk_fail(
        LVK_ERROR_FORMAT,
        "%s/%.*s%.*s: holds pictures with the names of those beside it, the same cells in another form: name a "
        "folder without it, or move or rename it",
        folder, (int)l->above.size, l->above.at, (int)l->form.size, l->form.at);
}

/* Looks at the folders in one path. levels[d] is what is known of the folder above the one at depth d.
 * *single: the first folder with a form in it. */
static lvk_status look(const char *folder, const char *path, level levels[MOST_LEVELS], level *single) {
    lvk_path_span name = lvk_path_first_folder(path);
    for (int d = 0; d < MOST_LEVELS && name.size; ++d, name = lvk_path_next_folder(name)) {
        const lvk_path_span above = {path, (size_t)(name.at - path)};
        level *l = &levels[d];
        if (!l->above.at || !lvk_path_span_equal(l->above, above))
            *l = (level){above, {name.at, 0}};
        if (is_form(name)) {
            if (l->form.size && !lvk_path_span_equal(l->form, name))
                return fail_pair(folder, l, name);
            l->form = name;
            if (!single->form.size)
                *single = *l;
        }
    }
    return LVK_OK;
}

lvk_status lvk_twins_refuse(const lvk_scan *scan, const char *folder) {
    level levels[MOST_LEVELS] = {0}, single = {0};
    bool twins = false;
    for (size_t i = 0; i < scan->count; ++i)
        LVK_TRY(look(folder, scan->entries[i].path, levels, &single));
    if (single.form.size)
        LVK_TRY(has_twins(scan, &single, &twins));
    return twins ? fail_single(folder, &single) : refuse_masks(scan, folder);
}
