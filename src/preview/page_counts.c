/* What the data set holds, in numbers; what is not known; and the files that were left out. */
#include "core/memory.h"
#include "leukvk/explore.h"
#include "leukvk/split.h"
#include "preview/data_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PEOPLE_LISTED = 500, MOST_FILES_LISTED = 50 };

/* ---- what is not known ---- */

static void begin_warning(lvk_data_page *page, const char *title) {
    lvk_text_add(&page->text, "<div class=\"warning\"><p><strong>%s</strong></p><p>", title);
}

static void end_warning(lvk_data_page *page, const char *advice) {
    lvk_text_add(&page->text, "%s</p></div>\n", advice);
}

static void warn_of_subjects(lvk_data_page *page, size_t unnamed, size_t images) {
    char note[512];
    if (unnamed == 0)
        return;
    lvk_dataset_unnamed_note(unnamed, images, note, sizeof note);
    begin_warning(page, unnamed == images ? "The subjects are not known." : "Some subjects are not known.");
    lvk_text_add(&page->text, "N");
    lvk_html_add(&page->text, note + 1);
    end_warning(page, ".");
}

static void warn_of_scale(lvk_data_page *page) {
    const size_t images = lvk_dataset_image_count(page->dataset);
    size_t known = 0;
    for (size_t i = 0; i < images; ++i)
        known += lvk_dataset_image(page->dataset, i)->microns_per_pixel > 0;
    if (known == images)
        return;
    begin_warning(page,
                  known ? "The scale of some images is not known." : "The scale of the images is not known.");
    lvk_text_add(&page->text, "For ");
    lvk_html_add_count(&page->text, images - known);
    lvk_text_add(&page->text, " of ");
    lvk_html_add_count(&page->text, images);
    end_warning(
        page,
        " images nothing tells the microns per pixel. Areas on this page are in pixels, and images of another camera or "
        "objective cannot be brought to one scale. <code>--microns-per-pixel X</code> or a column of a table tells it.");
}

static void warn_of_classes(lvk_data_page *page) {
    const size_t classes = lvk_dataset_class_count(page->dataset);
    if (classes < 2) {
        begin_warning(page, classes ? "There is one class only." : "There are no classes.");
        end_warning(page, "Such a data set can be predicted, and not trained on.");
    } else if (classes == 2 && !lvk_dataset_positive_is_told(page->dataset)) {
        begin_warning(page, "Neither a name nor an option tells the positive class.");
        lvk_text_add(&page->text, "The last by name is taken, ");
        lvk_html_add(&page->text, lvk_dataset_class_name(page->dataset,
                                                         (size_t)lvk_dataset_positive_class(page->dataset)));
        end_warning(page, ". <code>--positive CLASS</code> chooses another.");
    }
}

static void warn_of_contradictions(lvk_data_page *page) {
    size_t count = 0;
    for (size_t d = 0; d < lvk_dataset_duplicate_count(page->dataset); ++d)
        count += lvk_dataset_contradicts(page->dataset, d);
    if (count == 0)
        return;
    begin_warning(page, "Labels contradict each other.");
    lvk_html_add_count(&page->text, count);
    end_warning(
        page,
        count == 1
            ? " picture is in several classes, so that a label is wrong: <a href=\"#duplicates\">see it</a>."
            : " pictures are in several classes, so that labels are wrong: <a href=\"#duplicates\">see "
              "them</a>.");
}

static void warn_of_twins(lvk_data_page *page) {
    if (page->twins_of_others == 0)
        return;
    begin_warning(page, "Different subjects have nearly the same pictures.");
    lvk_html_add_count(&page->text, page->twins_of_others);
    end_warning(
        page,
        page->twins_of_others == 1
            ? " pair of images is nearly one picture, and a split may put the two on different sides: <a "
              "href=\"#duplicates\">see it</a>."
            : " pairs of images are nearly one picture each, and a split may put the two on different sides: <a "
              "href=\"#duplicates\">see them</a>.");
}

static void warn_of_files(lvk_data_page *page) {
    const size_t skipped = lvk_dataset_skipped_count(page->dataset),
                 ignored = lvk_dataset_ignored_count(page->dataset),
                 folders = lvk_dataset_unreadable_count(page->dataset);
    if (skipped + ignored + folders == 0)
        return;
    begin_warning(page, "Files are left out.");
    lvk_html_add_count(&page->text, skipped + ignored);
    lvk_text_add(&page->text, " files%s", folders ? ", and " : "");
    if (folders) {
        lvk_html_add_count(&page->text, folders);
        lvk_text_add(&page->text, " folders that cannot be read");
    }
    end_warning(page, ": <a href=\"#left-out\">which, and why</a>.");
}

/* ---- counts ---- */

/* Images of a part; a member that is -1 takes all. */
typedef struct part {
    const char *name;
    int part, fold, given;
} part;

static bool is_in(const part *p, const lvk_image_info *image) {
    return (p->part < 0 || image->part == (lvk_data_part)p->part) &&
           (p->fold < 0 || image->fold == p->fold) &&
           (p->given < 0 || image->given == (lvk_given_part)p->given);
}

typedef struct part_counts {
    size_t images, unlabelled, subjects, unnamed;
    size_t *by_class;
} part_counts;

static lvk_status count_part(const lvk_data_page *page, const part *p, part_counts *counts) {
    const lvk_dataset *dataset = page->dataset;
    bool *seen = lvk_alloc(lvk_dataset_subject_count(dataset), sizeof *seen);
    *counts = (part_counts){.by_class = lvk_alloc(lvk_dataset_class_count(dataset), sizeof(size_t))};
    for (size_t i = 0; seen && counts->by_class && i < lvk_dataset_image_count(dataset); ++i) {
        const lvk_image_info *image = lvk_dataset_image(dataset, i);
        if (!is_in(p, image))
            continue;
        const bool named = lvk_dataset_subject(dataset, image->subject)->named;
        ++counts->images;
        ++*(image->label < 0 ? &counts->unlabelled : &counts->by_class[image->label]);
        counts->unnamed += !named;
        counts->subjects += named && !seen[image->subject];
        seen[image->subject] = true;
    }
    const lvk_status status = seen && counts->by_class ? LVK_OK : LVK_ERROR_MEMORY;
    lvk_free(seen);
    return status;
}

static void add_number(lvk_text *text, size_t number) {
    lvk_text_add(text, "<td class=\"number\">");
    lvk_html_add_count(text, number);
    lvk_text_add(text, "</td>");
}

static void add_people(lvk_text *text, size_t subjects, size_t unnamed) {
    lvk_text_add(text, "<td class=\"number\">");
    if (subjects || !unnamed)
        lvk_html_add_count(text, subjects);
    else
        lvk_text_add(text, "not known");
    lvk_text_add(text, "</td>");
}

/* Columns of nothing but zeros are left out. */
static bool has_unlabelled(const lvk_data_page *page) {
    return page->classes[page->class_count - 1].label < 0;
}

static bool has_unnamed(const lvk_data_page *page) {
    size_t unnamed = 0;
    for (size_t c = 0; c < page->class_count; ++c)
        unnamed += page->classes[c].unnamed;
    return unnamed > 0;
}

static lvk_status add_part(lvk_data_page *page, const part *p) {
    lvk_text *text = &page->text;
    part_counts counts;
    const lvk_status status = count_part(page, p, &counts);
    if (status == LVK_OK && counts.images) {
        lvk_text_add(text, "<tr><th scope=\"row\">%s</th>", p->name);
        add_number(text, counts.images);
        for (size_t c = 0; c < lvk_dataset_class_count(page->dataset); ++c)
            add_number(text, counts.by_class[c]);
        if (has_unlabelled(page))
            add_number(text, counts.unlabelled);
        add_people(text, counts.subjects, counts.unnamed);
        if (has_unnamed(page))
            add_number(text, counts.unnamed);
        lvk_text_add(text, "</tr>\n");
    }
    lvk_free(counts.by_class);
    return status;
}

static void begin_table(lvk_data_page *page, const char *caption, const char *first) {
    lvk_text_add(
        &page->text,
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table>\n<caption>%s</caption>\n"
        "<thead><tr><th scope=\"col\">%s</th>",
        caption, caption, first);
}

static void add_column(lvk_text *text, const char *name) {
    lvk_text_add(text, "<th scope=\"col\" class=\"number\">");
    lvk_html_add(text, name);
    lvk_text_add(text, "</th>");
}

static void add_class_columns(lvk_data_page *page) {
    for (size_t c = 0; c < lvk_dataset_class_count(page->dataset); ++c)
        add_column(&page->text, lvk_dataset_class_name(page->dataset, c));
    if (has_unlabelled(page))
        add_column(&page->text, "without a label");
}

static lvk_status add_parts(lvk_data_page *page) {
    static const part parts[] = {{"training part", LVK_PART_TRAINING, -1, -1},
                                 {"fold 0", LVK_PART_TRAINING, 0, -1},
                                 {"fold 1", LVK_PART_TRAINING, 1, -1},
                                 {"fold 2", LVK_PART_TRAINING, 2, -1},
                                 {"preliminary part", LVK_PART_PRELIMINARY, -1, -1},
                                 {"final part", LVK_PART_FINAL, -1, -1},
                                 {"train", -1, -1, LVK_GIVEN_TRAIN},
                                 {"validation", -1, -1, LVK_GIVEN_VALIDATION},
                                 {"test", -1, -1, LVK_GIVEN_TEST}};
    enum { FIRST_GIVEN = 6, PARTS = sizeof parts / sizeof *parts };
    const bool cnmc = lvk_dataset_is_cnmc(page->dataset), given = lvk_dataset_has_parts(page->dataset);
    begin_table(page, "Images and subjects by part", "part");
    add_column(&page->text, "images");
    add_class_columns(page);
    add_column(&page->text, "subjects");
    if (has_unnamed(page))
        add_column(&page->text, "images without a subject");
    lvk_text_add(&page->text, "</tr></thead>\n<tbody>\n");
    for (int p = 0; p < PARTS; ++p)
        if (p < FIRST_GIVEN ? cnmc : given)
            LVK_TRY(add_part(page, &parts[p]));
    LVK_TRY(add_part(page, &(part){"all", -1, -1, -1}));
    lvk_text_add(&page->text, "</tbody></table></div>\n");
    return LVK_OK;
}

static void add_classes(lvk_data_page *page) {
    lvk_text *text = &page->text;
    const size_t images = lvk_dataset_image_count(page->dataset);
    const int32_t positive = lvk_dataset_positive_class(page->dataset);
    const bool two = lvk_dataset_class_count(page->dataset) == 2;
    begin_table(page, "Images and subjects by class", "class");
    add_column(text, "images");
    add_column(text, "share of all");
    add_column(text, "subjects");
    lvk_text_add(text, "</tr></thead>\n<tbody>\n");
    for (size_t c = 0; c < page->class_count; ++c) {
        const lvk_page_class *group = &page->classes[c];
        lvk_text_add(text, "<tr><th scope=\"row\">");
        lvk_html_add(text, group->name);
        lvk_text_add(text, "%s</th>", two && group->label == positive ? " (positive)" : "");
        add_number(text, group->images);
        lvk_text_add(text, "<td class=\"number\">");
        lvk_html_add_number(text, 100.0 * (double)group->images / (double)images, 1);
        lvk_text_add(text, " %%</td>");
        add_people(text, group->subjects, group->unnamed);
        lvk_text_add(text, "</tr>\n");
    }
    lvk_text_add(text, "</tbody></table></div>\n");
}

/* ---- people ---- */

/* Counts the images of every subject by class: counts[subject][class], the last of which is of those without a label. */
static size_t *count_people(const lvk_data_page *page) {
    const size_t width = lvk_dataset_class_count(page->dataset) + 1;
    size_t *counts = lvk_alloc(lvk_dataset_subject_count(page->dataset) * width, sizeof *counts);
    for (size_t i = 0; counts && i < lvk_dataset_image_count(page->dataset); ++i) {
        const lvk_image_info *image = lvk_dataset_image(page->dataset, i);
        ++counts[image->subject * width + (image->label < 0 ? width - 1 : (size_t)image->label)];
    }
    return counts;
}

static void add_person(lvk_data_page *page, size_t subject, const size_t *counts) {
    const size_t classes = lvk_dataset_class_count(page->dataset), width = classes + 1;
    const lvk_subject_info *info = lvk_dataset_subject(page->dataset, subject);
    lvk_text_add(&page->text, "<tr><th scope=\"row\">");
    lvk_html_add(&page->text, info->name);
    lvk_text_add(&page->text, "</th>");
    add_number(&page->text, info->images);
    for (size_t c = 0; c < (has_unlabelled(page) ? width : classes); ++c)
        add_number(&page->text, counts[subject * width + c]);
    lvk_text_add(&page->text, "</tr>\n");
}

static lvk_status add_subjects(lvk_data_page *page) {
    const size_t subjects = lvk_dataset_subject_count(page->dataset);
    size_t named = 0, listed = 0;
    for (size_t s = 0; s < subjects; ++s)
        named += lvk_dataset_subject(page->dataset, s)->named;
    if (named == 0)
        return LVK_OK;
    size_t *counts = count_people(page);
    if (!counts)
        return LVK_ERROR_MEMORY;
    lvk_text_add(&page->text, "<details><summary>Images of each of the ");
    lvk_html_add_count(&page->text, named);
    lvk_text_add(&page->text, " subjects</summary>\n");
    begin_table(page, "Images by subject", "subject");
    add_column(&page->text, "images");
    add_class_columns(page);
    lvk_text_add(&page->text, "</tr></thead>\n<tbody>\n");
    for (size_t s = 0; s < subjects && listed < MOST_PEOPLE_LISTED; ++s)
        if (lvk_dataset_subject(page->dataset, s)->named) {
            add_person(page, s, counts);
            ++listed;
        }
    lvk_text_add(&page->text, "</tbody></table></div>\n");
    if (named > listed)
        lvk_text_add(&page->text, "<p class=\"note\">and %zu more; leukvk data --subjects lists all</p>\n",
                     named - listed);
    lvk_text_add(&page->text, "</details>\n");
    lvk_free(counts);
    return LVK_OK;
}

/* ---- sizes ---- */

static lvk_status add_sizes(lvk_data_page *page) {
    lvk_text *text = &page->text;
    lvk_size_summary sizes;
    LVK_TRY(lvk_explore_sizes(page->dataset, &sizes));
    lvk_text_add(text, "<h3>Sizes of the images</h3>\n");
    if (sizes.distinct == 1) {
        lvk_text_add(text, "<p>All images are %u × %u pixels.</p>\n", sizes.listed[0].width,
                     sizes.listed[0].height);
        return LVK_OK;
    }
    begin_table(page, "The most frequent sizes", "width × height, pixels");
    add_column(text, "images");
    lvk_text_add(text, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < sizes.distinct && i < LVK_SIZES_LISTED; ++i) {
        lvk_text_add(text, "<tr><th scope=\"row\">%u × %u</th>", sizes.listed[i].width,
                     sizes.listed[i].height);
        add_number(text, sizes.listed[i].images);
        lvk_text_add(text, "</tr>\n");
    }
    lvk_text_add(
        text,
        "</tbody></table></div>\n<p class=\"note\">%zu sizes in all: widths from %u to %u (median %u), heights from %u "
        "to %u (median %u) pixels.</p>\n",
        sizes.distinct, sizes.width[0], sizes.width[2], sizes.width[1], sizes.height[0], sizes.height[2],
        sizes.height[1]);
    return LVK_OK;
}

lvk_status lvk_page_add_counts(lvk_data_page *page) {
    lvk_text_add(&page->text, "<h2 id=\"counts\">Counts</h2>\n");
    LVK_TRY(add_parts(page));
    add_classes(page);
    LVK_TRY(add_subjects(page));
    return add_sizes(page);
}

/* ---- the head of the page ---- */

static void add_card(lvk_text *text, size_t number, const char *what) {
    lvk_text_add(text, "<li class=\"card\"><b>");
    lvk_html_add_count(text, number);
    lvk_text_add(text, "</b>%s</li>\n", what);
}

void lvk_page_add_summary(lvk_data_page *page) {
    const lvk_dataset *dataset = page->dataset;
    const size_t images = lvk_dataset_image_count(dataset), classes = lvk_dataset_class_count(dataset);
    size_t subjects = 0, unnamed = 0;
    for (size_t s = 0; s < lvk_dataset_subject_count(dataset); ++s)
        subjects += lvk_dataset_subject(dataset, s)->named;
    for (size_t i = 0; i < images; ++i)
        unnamed += !lvk_dataset_subject(dataset, lvk_dataset_image(dataset, i)->subject)->named;
    lvk_text_add(&page->text, "<ul class=\"cards\">\n");
    add_card(&page->text, images, images == 1 ? "image" : "images");
    add_card(&page->text, classes, classes == 1 ? "class" : "classes");
    if (subjects || !unnamed)
        add_card(&page->text, subjects, subjects == 1 ? "subject" : "subjects");
    else
        lvk_text_add(&page->text, "<li class=\"card\"><b>not known</b>subjects</li>\n");
    add_card(&page->text, lvk_dataset_duplicate_count(dataset), "pictures more than once");
    add_card(&page->text, lvk_dataset_skipped_count(dataset) + lvk_dataset_ignored_count(dataset),
             "files left out");
    lvk_text_add(&page->text, "</ul>\n");
    warn_of_subjects(page, unnamed, images);
    warn_of_scale(page);
    warn_of_classes(page);
    warn_of_contradictions(page);
    warn_of_twins(page);
    warn_of_files(page);
}

/* ---- files left out ---- */

static int by_reason(const void *a, const void *b) {
    const lvk_skipped_info *x = a, *y = b;
    const int order = strcmp(x->reason, y->reason);
    return order ? order : strcmp(x->path, y->path);
}

/* Files with the reason of the first. Returns how many there are. */
static size_t add_reason(lvk_data_page *page, const lvk_skipped_info *files, size_t count) {
    size_t same = 1;
    while (same < count && strcmp(files[same].reason, files->reason) == 0)
        ++same;
    lvk_text_add(&page->text, "<tr><th scope=\"row\">");
    lvk_html_add(&page->text, files->reason);
    lvk_text_add(&page->text, "</th>");
    add_number(&page->text, same);
    lvk_text_add(&page->text, "<td>");
    for (size_t i = 0; i < same && i < MOST_FILES_LISTED; ++i) {
        lvk_text_add(&page->text, "%s<code>", i ? "<br>" : "");
        lvk_html_add(&page->text, files[i].path);
        lvk_text_add(&page->text, "</code>");
    }
    if (same > MOST_FILES_LISTED)
        lvk_text_add(&page->text, "<br>and %zu more; leukvk data --json lists all", same - MOST_FILES_LISTED);
    lvk_text_add(&page->text, "</td></tr>\n");
    return same;
}

static void add_others(lvk_data_page *page) {
    const size_t ignored = lvk_dataset_ignored_count(page->dataset),
                 folders = lvk_dataset_unreadable_count(page->dataset);
    if (ignored) {
        lvk_text_add(&page->text, "<tr><th scope=\"row\">lies outside every class folder</th>");
        add_number(&page->text, ignored);
        lvk_text_add(&page->text, "<td>such as <code>");
        lvk_html_add(&page->text, lvk_dataset_ignored_example(page->dataset));
        lvk_text_add(&page->text, "</code></td></tr>\n");
    }
    if (folders) {
        lvk_text_add(&page->text, "<tr><th scope=\"row\">folder that this user may not read</th>");
        add_number(&page->text, folders);
        lvk_text_add(&page->text, "<td></td></tr>\n");
    }
}

lvk_status lvk_page_add_left_out(lvk_data_page *page) {
    const size_t count = lvk_dataset_skipped_count(page->dataset);
    lvk_text_add(&page->text, "<h2 id=\"left-out\">Files left out</h2>\n");
    if (count + lvk_dataset_ignored_count(page->dataset) + lvk_dataset_unreadable_count(page->dataset) == 0) {
        lvk_text_add(&page->text, "<p>None: every image could be used.</p>\n");
        return LVK_OK;
    }
    lvk_skipped_info *files = lvk_alloc(count, sizeof *files);
    if (!files)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < count; ++i)
        files[i] = lvk_dataset_skipped(page->dataset, i);
    if (count)
        qsort(files, count, sizeof *files, by_reason);
    begin_table(page, "Files left out, by reason", "reason");
    add_column(&page->text, "files");
    lvk_text_add(&page->text, "<th scope=\"col\">which</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count;)
        i += add_reason(page, files + i, count - i);
    add_others(page);
    lvk_text_add(&page->text, "</tbody></table></div>\n");
    lvk_free(files);
    return LVK_OK;
}
