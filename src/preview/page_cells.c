/* Pictures of cells: some of each class, those that are there more than once, and those far from the rest. */
#include "core/memory.h"
#include "core/text.h"
#include "preview/data_page.h"
#include "preview/pick.h"

#include <string.h>

enum { USUAL_CELLS = 12, LEAST_CELLS = 2, CELLS_OF_MANY = 96 };

static lvk_status want(lvk_data_page *page, uint32_t image, bool whole) {
    return lvk_page_pictures_want(&page->pictures, image, whole);
}

static const char *class_name(const lvk_data_page *page, int32_t label) {
    return label < 0 ? "without a label" : lvk_dataset_class_name(page->dataset, (size_t)label);
}

/* Adds "subject H3", or that it is not known. */
static void add_subject(lvk_data_page *page, uint32_t image) {
    const lvk_subject_info *subject =
        lvk_dataset_subject(page->dataset, lvk_dataset_image(page->dataset, image)->subject);
    lvk_text_add(&page->text, subject->named ? "subject " : "subject not known");
    if (subject->named)
        lvk_html_add(&page->text, subject->name);
}

/* Adds a figure up to and with its picture; the caption follows. */
static void begin_figure(lvk_data_page *page, size_t picture, uint32_t image) {
    lvk_text_add(&page->text, "<figure>");
    lvk_page_pictures_add(&page->pictures, picture, lvk_dataset_image(page->dataset, image)->path,
                          &page->text);
    lvk_text_add(&page->text, "<figcaption>");
}

static void end_figure(lvk_data_page *page) {
    lvk_text_add(&page->text, "</figcaption></figure>\n");
}

static void add_path(lvk_data_page *page, uint32_t image) {
    lvk_html_add(&page->text, lvk_dataset_image(page->dataset, image)->path);
}

/* ---- contact sheets ---- */

static size_t cells_wanted(const lvk_data_page *page) {
    const size_t wanted = CELLS_OF_MANY / page->class_count;
    if (page->options.cells)
        return page->options.cells;
    return wanted > USUAL_CELLS ? USUAL_CELLS : wanted < LEAST_CELLS ? LEAST_CELLS : wanted;
}

lvk_status lvk_page_choose_cells(lvk_data_page *page) {
    for (size_t c = 0; c < page->class_count; ++c) {
        lvk_page_class *group = &page->classes[c];
        const size_t wanted = cells_wanted(page);
        group->cell_count = group->images < wanted ? group->images : wanted;
        group->first_picture = page->pictures.count;
        group->cells = lvk_alloc(group->cell_count, sizeof *group->cells);
        if (!group->cells)
            return LVK_ERROR_MEMORY;
        LVK_TRY(lvk_pick(page->dataset, group->label, page->options.seed, group->cells, group->cell_count));
        for (size_t i = 0; i < group->cell_count; ++i) {
            LVK_TRY(want(page, group->cells[i], true));
            LVK_TRY(want(page, group->cells[i], false));
        }
    }
    return LVK_OK;
}

static void add_sheet(lvk_data_page *page, const lvk_page_class *group, bool whole) {
    lvk_text_add(&page->text, "<div class=\"cells\">\n");
    for (size_t i = 0; i < group->cell_count; ++i) {
        begin_figure(page, group->first_picture + 2 * i + !whole, group->cells[i]);
        add_subject(page, group->cells[i]);
        end_figure(page);
    }
    lvk_text_add(&page->text, "</div>\n");
}

void lvk_page_add_cells(lvk_data_page *page) {
    lvk_text *text = &page->text;
    lvk_text_add(
        text,
        "<h2 id=\"pictures\">Some cells of each class</h2>\n<p>Chosen at random with seed %llu, subjects in turn. The "
        "crop is what training sees with <code>--crop %s</code>.</p>\n",
        (unsigned long long)page->options.seed, page->crop);
    for (size_t c = 0; c < page->class_count; ++c) {
        const lvk_page_class *group = &page->classes[c];
        lvk_text_add(text, "<h3>");
        lvk_html_add(text, group->name);
        lvk_text_add(text, "</h3>\n<p class=\"note\">Whole images</p>\n");
        add_sheet(page, group, true);
        lvk_text_add(text, "<p class=\"note\">The same, cropped</p>\n");
        add_sheet(page, group, false);
    }
}

/* ---- duplicates ---- */

static lvk_status choose_set(lvk_data_page *page, size_t duplicate) {
    lvk_page_set *set = &page->sets[page->set_count++];
    size_t count;
    const uint32_t *images = lvk_dataset_duplicate(page->dataset, duplicate, &count);
    const size_t most = sizeof set->images / sizeof *set->images;
    set->first_picture = page->pictures.count;
    set->contradicts = lvk_dataset_contradicts(page->dataset, duplicate);
    set->count = count < most ? count : most;
    set->more = count - set->count;
    for (size_t i = 0; i < set->count; ++i) {
        set->images[i] = images[i];
        LVK_TRY(want(page, images[i], true));
    }
    return LVK_OK;
}

lvk_status lvk_page_choose_duplicates(lvk_data_page *page) {
    for (int contradicts = 1; contradicts >= 0; --contradicts)
        for (size_t d = 0;
             d < lvk_dataset_duplicate_count(page->dataset) && page->set_count < LVK_PAGE_MOST_SETS; ++d)
            if (lvk_dataset_contradicts(page->dataset, d) == (contradicts == 1))
                LVK_TRY(choose_set(page, d));
    return LVK_OK;
}

static void add_set(lvk_data_page *page, const lvk_page_set *set) {
    const lvk_image_info *first = lvk_dataset_image(page->dataset, set->images[0]);
    lvk_text_add(&page->text, "<div class=\"cells told\">\n");
    for (size_t i = 0; i < set->count; ++i) {
        const lvk_image_info *image = lvk_dataset_image(page->dataset, set->images[i]);
        const bool same = memcmp(image->hash, first->hash, sizeof image->hash) == 0;
        begin_figure(page, set->first_picture + i, set->images[i]);
        lvk_text_add(&page->text, "%s", i == 0 ? "" : same ? "the same pixels: " : "turned or mirrored: ");
        add_path(page, set->images[i]);
        lvk_text_add(&page->text, "<br>class ");
        lvk_html_add(&page->text, class_name(page, image->label));
        lvk_text_add(&page->text, ", ");
        add_subject(page, set->images[i]);
        end_figure(page);
    }
    lvk_text_add(&page->text, "</div>\n");
    if (set->more)
        lvk_text_add(&page->text, "<p class=\"note\">and %zu more of this picture</p>\n", set->more);
}

/* The subjects of groups of several, who share pictures. */
static lvk_status add_groups(lvk_data_page *page) {
    const size_t subjects = lvk_dataset_subject_count(page->dataset),
                 groups = lvk_dataset_group_count(page->dataset);
    lvk_text *names = lvk_alloc(groups, sizeof *names);
    size_t *members = lvk_alloc(groups, sizeof *members);
    bool begun = false;
    for (size_t s = 0; s < subjects && names && members; ++s) {
        const lvk_subject_info *subject = lvk_dataset_subject(page->dataset, s);
        if (!subject->named)
            continue;
        lvk_text_add(&names[subject->group], "%s", members[subject->group]++ ? " = " : "");
        lvk_html_add(&names[subject->group], subject->name);
    }
    for (size_t g = 0; g < groups && names && members; ++g) {
        if (members[g] > 1) {
            lvk_text_add(&page->text, "%s<li>",
                         begun ? ""
                               : "<p>Subjects who share pictures, and whom a split keeps together:</p><ul>");
            lvk_text_add_bytes(&page->text, names[g].data, names[g].length);
            lvk_text_add(&page->text, "</li>\n");
            begun = true;
        }
        page->text.failed = page->text.failed || names[g].failed;
        lvk_text_finish(&names[g]);
    }
    lvk_text_add(&page->text, "%s", begun ? "</ul>\n" : "");
    const lvk_status status = names && members ? LVK_OK : LVK_ERROR_MEMORY;
    lvk_free(names);
    lvk_free(members);
    return status;
}

static void add_twin_side(lvk_data_page *page, const lvk_page_twin *twin, int side) {
    begin_figure(page, twin->first_picture + (size_t)side, twin->images[side]);
    if (side) {
        lvk_text_add(&page->text, "likeness ");
        lvk_html_add_number(&page->text, twin->likeness, 2);
        lvk_text_add(&page->text, ": ");
    }
    add_path(page, twin->images[side]);
    lvk_text_add(&page->text, "<br>class ");
    lvk_html_add(&page->text, class_name(page, lvk_dataset_image(page->dataset, twin->images[side])->label));
    lvk_text_add(&page->text, ", ");
    add_subject(page, twin->images[side]);
    end_figure(page);
}

static void add_twins(lvk_data_page *page) {
    lvk_text *text = &page->text;
    lvk_text_add(text, "<h3>Nearly the same</h3>\n");
    if (page->twins_given_up)
        lvk_text_add(
            text, "<p>There are too many images to compare each with those of like area and colour%s.</p>\n",
            page->twin_total ? "; these were found" : "");
    else if (page->twin_total == 0)
        lvk_text_add(text, "<p>None: no image has the detail of another of like area and colour.</p>\n");
    if (page->twin_total == 0)
        return;
    lvk_text_add(
        text,
        "<p>Of like area and colour, and with like detail in one of the eight orientations: a picture that was compressed "
        "anew or changed a little, or one cell in two photographs. Likeness is the correlation of the detail, 1 for the "
        "same; pairs of 0.85 and more are taken, a limit that was set by one sample of C-NMC. Those of different subjects "
        "or classes come first. ");
    lvk_html_add_count(text, page->twin_total);
    lvk_text_add(text, " pair%s, ", page->twin_total == 1 ? "" : "s");
    if (page->twin_total > page->twin_count)
        lvk_text_add(text, "of which %zu are shown; ", page->twin_count);
    lvk_html_add_count(text, page->twins_of_others);
    lvk_text_add(text, " of different subjects%s, ",
                 page->twins_of_others ? ", whom a split may put on different sides" : "");
    lvk_html_add_count(text, page->twins_of_classes);
    lvk_text_add(text, " of different classes%s.</p>\n<div class=\"pairs\">\n",
                 page->twins_of_classes ? ", so that a label may be wrong" : "");
    for (size_t i = 0; i < page->twin_count; ++i) {
        lvk_text_add(text, "<div class=\"cells told\">\n");
        add_twin_side(page, &page->twins[i], 0);
        add_twin_side(page, &page->twins[i], 1);
        lvk_text_add(text, "</div>\n");
    }
    lvk_text_add(text, "</div>\n");
}

lvk_status lvk_page_add_duplicates(lvk_data_page *page) {
    lvk_text *text = &page->text;
    const size_t all = lvk_dataset_duplicate_count(page->dataset);
    lvk_text_add(text, "<h2 id=\"duplicates\">Pictures that are there more than once</h2>\n");
    if (all == 0)
        lvk_text_add(
            text,
            "<p>None: no image has the pixels of another, as they are, turned by quarters or mirrored. Pictures turned by "
            "other angles or resized are not found.</p>\n");
    else {
        lvk_text_add(text, "<p>As they are, turned by quarters or mirrored; those of several classes first.");
        if (all > page->set_count)
            lvk_text_add(text, " %zu of %zu are shown; leukvk data --json lists all.", page->set_count, all);
        lvk_text_add(text, "</p>\n");
        LVK_TRY(add_groups(page));
    }
    for (size_t s = 0; s < page->set_count; ++s) {
        const lvk_page_set *set = &page->sets[s];
        if (s == 0 || set->contradicts != page->sets[s - 1].contradicts)
            lvk_text_add(text, "<h3>%s</h3>\n",
                         set->contradicts ? "In several classes: a label is wrong" : "In one class");
        add_set(page, set);
    }
    add_twins(page);
    return LVK_OK;
}

/* ---- outliers ---- */

static void add_outlier(lvk_data_page *page, const lvk_page_outlier *o) {
    const lvk_image_info *image = lvk_dataset_image(page->dataset, o->image);
    const bool area = o->trait == LVK_TRAIT_AREA;
    const int decimals = area ? 0 : 3;
    lvk_text *text = &page->text;
    begin_figure(page, o->picture, o->image);
    lvk_text_add(text, "<strong>%s ", lvk_page_trait_name(o->trait));
    lvk_html_add_number(text, o->value, decimals);
    lvk_text_add(text, "</strong>, %s ", o->value < o->low ? "below" : "above");
    lvk_html_add_number(text, o->value < o->low ? o->low : o->high, decimals);
    lvk_text_add(text, "<br>class ");
    lvk_html_add(text, class_name(page, image->label));
    lvk_text_add(text, ", ");
    add_subject(page, o->image);
    lvk_text_add(text, "<br>");
    add_path(page, o->image);
    end_figure(page);
}

void lvk_page_add_outliers(lvk_data_page *page) {
    lvk_text *text = &page->text;
    lvk_text_add(
        text,
        "<h2 id=\"outliers\">Cells far from the rest of their class</h2>\n<p>More than 1.5 times the distance of the quartiles "
        "below the first or above the third quartile of their class, the farthest first. Look whether they are cells: "
        "clumps, debris, failed segmentations and other cameras end up here.</p>\n");
    for (int kind = 0; kind < 2; ++kind) {
        const size_t all = page->outlier_totals[kind], shown = page->outlier_counts[kind];
        lvk_text_add(text, "<h3>By %s</h3>\n", kind ? "colour" : "area");
        if (all == 0) {
            lvk_text_add(text, "<p>None.</p>\n");
            continue;
        }
        lvk_text_add(text, "<p class=\"note\">%zu image%s%s", all, all == 1 ? "" : "s",
                     all > shown ? "" : ".</p>\n");
        if (all > shown)
            lvk_text_add(text, ", of which %zu are shown.</p>\n", shown);
        lvk_text_add(text, "<div class=\"cells told\">\n");
        for (size_t i = 0; i < shown; ++i)
            add_outlier(page, &page->outliers[kind][i]);
        lvk_text_add(text, "</div>\n");
    }
}
