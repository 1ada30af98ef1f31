#include "explain_report.h"

#include "ui/json_text.h"
#include "ui/output.h"
#include "ui/quiet.h"
#include "ui/table.h"

#include <math.h>
#include <stdio.h>

static void add_percent(table *t, double share) {
    if (isnan(share))
        table_cell(t, "n/a");
    else
        table_cell(t, "%.0f %%", 100 * share);
}

static void print_images(const explain_results *r) {
    table t = {0};
    table_column(&t, "image");
    table_column(&t, "class");
    table_column(&t, "heat of");
    table_number_column(&t, "p");
    table_number_column(&t, "on ground");
    table_number_column(&t, "outside cell");
    table_number_column(&t, "even");
    table_number_column(&t, "maximum");
    for (size_t i = 0; i < r->count; ++i) {
        const lvk_heat *heat = &r->heats[i];
        table_cell(&t, "%s", r->rows[i].path);
        table_cell(&t, "%s", lvk_explainer_class_name(r->explainer, r->called[i]));
        table_cell(&t, "%s", lvk_explainer_class_name(r->explainer, heat->class_index));
        table_cell(&t, "%.4f", heat->p);
        add_percent(&t, heat->on_ground);
        add_percent(&t, heat->outside_cell);
        add_percent(&t, heat->outside);
        table_cell(&t, "%.3g", heat->maximum);
    }
    table_print(&t, stdout);
    table_finish(&t);
}

/* Means over the images whose shares are known, of a class that images are called, or of all (-1). */
typedef struct shares {
    size_t images, known, astray;
    double on_ground, outside_cell, outside;
} shares;

static shares add_up(const explain_results *r, int class) {
    shares s = {0};
    for (size_t i = 0; i < r->count; ++i) {
        const lvk_heat *heat = &r->heats[i];
        if (class >= 0 && r->called[i] != (uint32_t)class)
            continue;
        ++s.images;
        if (isnan(heat->outside_cell))
            continue;
        ++s.known;
        s.astray += lvk_heat_is_astray(heat);
        s.on_ground += heat->on_ground;
        s.outside_cell += heat->outside_cell;
        s.outside += heat->outside;
    }
    const double known = s.known ? (double)s.known : (double)NAN;
    s.on_ground /= known;
    s.outside_cell /= known;
    s.outside /= known;
    return s;
}

static void print_classes(const explain_results *r) {
    table t = {0};
    table_column(&t, "called");
    table_number_column(&t, "images");
    table_number_column(&t, "on ground");
    table_number_column(&t, "outside cell");
    table_number_column(&t, "even");
    for (uint32_t k = 0; lvk_explainer_class_name(r->explainer, k); ++k) {
        const shares s = add_up(r, (int)k);
        if (s.images == 0)
            continue;
        table_cell(&t, "%s", lvk_explainer_class_name(r->explainer, k));
        table_cell(&t, "%zu", s.images);
        add_percent(&t, s.on_ground);
        add_percent(&t, s.outside_cell);
        add_percent(&t, s.outside);
    }
    printf("\nMean shares of the heat:\n");
    table_print(&t, stdout);
    table_finish(&t);
}

void explain_print(const explain_results *r) {
    print_images(r);
    print_classes(r);
}

/* Cells that fill less of the crop are smaller than what a map can tell. */
static const double least_cell = 0.05;

/* The loud line of the images that are called a class. */
static void warn_of_class(const explain_results *r, uint32_t class) {
    const shares s = add_up(r, (int)class);
    const lvk_heat mean = {.outside_cell = s.outside_cell, .outside = s.outside};
    const char *name = shown(lvk_explainer_class_name(r->explainer, class));
    if (s.known && s.outside > 1 - least_cell)
        fprintf(
            stderr,
            "warning: the cells that are called %s fill %.1f %% of the crop, too little for the shares to mean much; a "
            "narrower --crop in training shows the model more of them\n",
            name, 100 * (1 - s.outside));
    else if (s.known && lvk_heat_is_astray(&mean))
        fprintf(
            stderr,
            "warning: THE MODEL LOOKS BESIDE THE CELL where it says %s: %.0f %% of the heat lies outside the cell, %.0f "
            "%% on the black ground, where an even map would have %.0f %%; the cell's size, or a mark, tells it more "
            "than the cell's picture\n",
            name, 100 * s.outside_cell, 100 * s.on_ground, 100 * s.outside);
    else if (s.astray)
        fprintf(stderr, "warning: in %zu of %zu images called %s most of the heat lies outside the cell\n",
                s.astray, s.known, name);
}

void explain_warn(const explain_results *r) {
    const shares s = add_up(r, -1);
    for (uint32_t k = 0; lvk_explainer_class_name(r->explainer, k); ++k)
        warn_of_class(r, k);
    if (s.images > s.known && !quiet_is_set())
        fprintf(
            stderr,
            "%zu of %zu images have no shares: nothing speaks for the class, or no black ground tells where the "
            "cell ends\n",
            s.images - s.known, s.images);
}

static void print_text_field(const char *key, const char *text) {
    printf("\"%s\": ", key);
    print_json_text(text);
}

static void print_number_field(const char *key, double value) {
    printf(", \"%s\": ", key);
    print_json_number(value);
}

static void print_image_json(const explain_results *r, size_t i) {
    const lvk_heat *heat = &r->heats[i];
    printf("    {");
    print_text_field("path", r->rows[i].path);
    printf(", ");
    print_text_field("class", lvk_explainer_class_name(r->explainer, r->called[i]));
    printf(", ");
    print_text_field("heat_of", lvk_explainer_class_name(r->explainer, heat->class_index));
    print_number_field("p", heat->p);
    print_number_field("maximum", heat->maximum);
    print_number_field("on_ground", heat->on_ground);
    print_number_field("outside_cell", heat->outside_cell);
    print_number_field("ground", heat->ground);
    print_number_field("outside", heat->outside);
    printf("}");
}

static void print_class_json(const explain_results *r, uint32_t class, const shares *s) {
    printf("    {");
    print_text_field("class", lvk_explainer_class_name(r->explainer, class));
    printf(", \"images\": %zu, \"astray\": %zu", s->images, s->astray);
    print_number_field("on_ground", s->on_ground);
    print_number_field("outside_cell", s->outside_cell);
    print_number_field("outside", s->outside);
    printf("}");
}

void explain_print_json(const explain_results *r) {
    printf("{\n  ");
    print_text_field("model", r->model);
    printf(",\n  ");
    print_text_field("method", r->method == LVK_EXPLAIN_OCCLUSION ? "occlusion" : "grad-cam");
    printf(",\n  \"images\": [");
    for (size_t i = 0; i < r->count; ++i) {
        printf(i ? ",\n" : "\n");
        print_image_json(r, i);
    }
    printf("\n  ],\n  \"classes\": [");
    const char *before = "\n";
    for (uint32_t k = 0; lvk_explainer_class_name(r->explainer, k); ++k) {
        const shares s = add_up(r, (int)k);
        if (s.images == 0)
            continue;
        printf("%s", before);
        print_class_json(r, k, &s);
        before = ",\n";
    }
    printf("\n  ]\n}\n");
}
