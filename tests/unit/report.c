/* The pieces of a report: texts, bands around curves, the area's baseline, tables of epochs. */
#include "support/scratch.h"

#include "artifact/epochs.h"
#include "core/file.h"
#include "core/memory.h"
#include "metrics/curve_bands.h"
#include "report/area_baseline.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/source.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* Eight cells of four people; 0 and 1 have positive ones. */
enum { CELLS = 8 };
static const double p[CELLS] = {0.95, 0.8, 0.8, 0.35, 0.8, 0.3, 0.2, 0.05};
static const uint8_t labels[CELLS] = {1, 1, 1, 1, 0, 0, 0, 0};
static const uint32_t people[CELLS] = {0, 0, 1, 1, 2, 2, 3, 3};
static const lvk_scored cells = {
    .count = CELLS, .probabilities = p, .labels = labels, .subjects = people, .subject_count = 4};
static const lvk_bootstrap_options options = {.seed = LVK_BOOTSTRAP_SEED};

static void expect_text(lvk_text *text, const char *wanted) {
    cr_expect(!text->failed);
    cr_expect_str_eq(text->data ? text->data : "", wanted);
    lvk_text_finish(text);
}

Test(html, what_comes_from_outside_is_text) {
    lvk_text text = {0};
    lvk_html(&text, "<b title=\"{}\">{}</b>", "a\"'b", "<i>&\n\xff{}");
    expect_text(&text, "<b title=\"a&#34;&#39;b\">&#60;i&#62;&#38;??{}</b>");
    lvk_html(&text, "100 % of {}", NULL);
    expect_text(&text, "100 % of ");
}

Test(html, numbers_have_decimals_or_are_not_there) {
    char buffer[LVK_NUMBER_SIZE];
    cr_expect_str_eq(lvk_html_number(buffer, 0.8125, 3), "0.812");
    cr_expect_str_eq(lvk_html_number(buffer, -2, 1), "-2.0");
    cr_expect_str_eq(lvk_html_number(buffer, (double)NAN, 3), "n/a");
    cr_expect_str_eq(lvk_html_number(buffer, 1e300, 3), "1e+300", "a number that has no room is not cut");
}

/* A score must not be called unknown because memory is out. */
Test(html, numbers_need_no_memory) {
    char buffer[LVK_NUMBER_SIZE];
    (void)lvk_alloc_fail_after(1);
    lvk_html_number(buffer, 0.8125, 3);
    cr_expect_eq(lvk_alloc_fail_after(0), 0);
    cr_expect_str_eq(buffer, "0.812");
}

Test(html, scores_have_their_interval) {
    char buffer[2 * LVK_NUMBER_SIZE];
    json_t *scores =
        json_pack("{s:f, s:[f,f], s:f, s:[n,n]}", "auc", 0.75, "auc_95", 0.5, 0.9, "f1", 0.25, "f1_95");
    cr_expect_str_eq(lvk_html_score(buffer, scores, "auc"), "0.750 (95 % interval 0.500 to 0.900)");
    cr_expect_str_eq(lvk_html_score(buffer, scores, "f1"), "0.250 (no interval)");
    cr_expect_str_eq(lvk_html_score(buffer, scores, "loss"), "n/a (no interval)");
    json_decref(scores);
}

Test(chart, axes_have_round_ends) {
    const lvk_chart_axis axis = lvk_chart_axis_round("x", 0.413, 0.829);
    cr_expect_float_eq(axis.from, 0.4, 1e-12);
    cr_expect_float_eq(axis.to, 1.0, 1e-12);
    cr_expect_float_eq(axis.step, 0.2, 1e-12);
    cr_expect_eq(axis.decimals, 1);
    const lvk_chart_axis flat = lvk_chart_axis_round("x", 3, 3);
    cr_expect(flat.from <= 3 && flat.to >= 3 && flat.to > flat.from);
}

/* ---- bands ---- */

Test(bands, values_are_those_of_the_cells) {
    static lvk_curve_bands b;
    cr_assert_eq(lvk_curve_bands_compute(&cells, &options, &b), LVK_OK);
    cr_expect_eq(b.positives, 4);
    cr_expect_eq(b.negatives, 4);
    cr_expect_eq(b.true_positives[80], 1, "0.8 is not above 0.8");
    cr_expect_eq(b.true_positives[79], 3);
    cr_expect_eq(b.false_positives[79], 1);
    cr_expect_eq(b.sensitivity[50].value, 0.75);
    cr_expect_eq(b.specificity[50].value, 0.75);
    cr_expect_eq(b.ratio_positive[50].value, 3);
    cr_expect_float_eq(b.ratio_negative[50].value, 1.0 / 3, 1e-15);
    cr_expect(isinf(b.ratio_positive[90].value), "no false positive");
    cr_expect(isnan(b.ratio_positive[100].value), "nothing is called positive");
    cr_expect_float_eq(b.benefit[50].value, 3.0 / 8 - 1.0 / 8, 1e-15);
    cr_expect_float_eq(b.benefit[20].value, 4.0 / 8 - 2.0 / 8 * 0.25, 1e-15, "0.2 is not above 0.2");
    cr_expect_float_eq(b.benefit[0].value, 4.0 / 8, 1e-15);
    cr_expect(isnan(b.benefit[100].value));
    cr_expect_eq(b.bins[8].value, 2.0 / 3, "0.8 three times");
    cr_expect(isnan(b.bins[5].value), "no cell");
}

Test(bands, curves_are_straight_between_their_points) {
    static lvk_curve_bands b;
    cr_assert_eq(lvk_curve_bands_compute(&cells, &options, &b), LVK_OK);
    cr_expect_float_eq(b.roc[0].value, 0.25, 1e-15, "from (0, 0.25) to (0.25, 0.75)");
    cr_expect_float_eq(b.roc[10].value, 0.45, 1e-12);
    cr_expect_float_eq(b.roc[25].value, 1, 1e-12, "the highest at 0.25");
    cr_expect_eq(b.roc[100].value, 1);
    cr_expect_eq(b.precision[25].value, 1);
    cr_expect_eq(b.precision[26].value, 0.75);
    cr_expect_eq(b.precision[100].value, 0.8);
}

Test(bands, intervals_are_those_of_the_scores) {
    static lvk_curve_bands b;
    lvk_metrics low, high;
    for (int t = 10; t < 100; t += 10) {
        cr_assert_eq(lvk_curve_bands_compute(&cells, &options, &b), LVK_OK);
        cr_assert_eq(lvk_metrics_bootstrap(&cells, t / 100.0, &options, &low, &high), LVK_OK);
        cr_expect(b.sensitivity[t].low == low.recall || (isnan(low.recall) && isnan(b.sensitivity[t].low)),
                  "%d", t);
        cr_expect(b.sensitivity[t].high == high.recall || isnan(high.recall), "%d", t);
        cr_expect(b.specificity[t].low == low.specificity ||
                      (isnan(low.specificity) && isnan(b.specificity[t].low)),
                  "%d", t);
        cr_expect(b.specificity[t].high == high.specificity || isnan(high.specificity), "%d", t);
    }
}

Test(bands, one_person_gives_none) {
    static const uint32_t one[CELLS] = {0, 0, 0, 0, 1, 1, 2, 2};
    static lvk_curve_bands b;
    lvk_scored rows = cells;
    rows.subjects = one;
    rows.subject_count = 3;
    cr_assert_eq(lvk_curve_bands_compute(&rows, &options, &b), LVK_OK);
    for (int i = 0; i < LVK_BAND_POINTS; ++i)
        cr_expect(isnan(b.roc[i].low) && isnan(b.sensitivity[i].high) && isnan(b.benefit[i].low));
    cr_expect_eq(b.sensitivity[50].value, 0.75);
}

static void expect_same(double a, double b) {
    cr_expect(a == b || (isnan(a) && isnan(b)), "%g, %g", a, b);
}

Test(bands, the_number_of_threads_changes_nothing) {
    static lvk_curve_bands one, four;
    lvk_bootstrap_options threads = {.seed = 3, .threads = 1};
    cr_assert_eq(lvk_curve_bands_compute(&cells, &threads, &one), LVK_OK);
    threads.threads = 4;
    cr_assert_eq(lvk_curve_bands_compute(&cells, &threads, &four), LVK_OK);
    for (int i = 0; i < LVK_BAND_POINTS; ++i) {
        expect_same(one.roc[i].low, four.roc[i].low);
        expect_same(one.roc[i].high, four.roc[i].high);
        expect_same(one.sensitivity[i].low, four.sensitivity[i].low);
    }
}

/* With all people in every group, acting on a perfect model has the net benefit of the share of positive cells. */
Test(bands, net_benefit_in_closed_form) {
    cr_expect_eq(lvk_net_benefit(30, 0, 100, 0.7), 0.3);
    cr_expect_float_eq(lvk_net_benefit(30, 70, 100, 0.3), 0.3 - 0.7 * 3 / 7, 1e-15,
                       "acting on all, at the prevalence: 0");
    cr_expect_eq(lvk_net_benefit(0, 50, 100, 0.5), -0.5);
}

Test(bands, refuse_what_is_no_probability) {
    static lvk_curve_bands b;
    const double wrong[CELLS] = {2};
    lvk_scored rows = cells;
    rows.probabilities = wrong;
    cr_expect_eq(lvk_curve_bands_compute(&rows, &options, &b), LVK_ERROR_ARGUMENT);
}

/* ---- area ---- */

/* One x of each kind: the regression has the logits of the shares. */
Test(area, logistic_regression_in_closed_form) {
    static const double x[8] = {0, 0, 0, 0, 1, 1, 1, 1};
    static const uint8_t y[8] = {1, 0, 0, 0, 1, 1, 1, 0};
    double a, b;
    lvk_logistic_fit(x, y, 8, &a, &b);
    cr_expect_float_eq(a, log(1.0 / 3), 1e-5);
    cr_expect_float_eq(b, log(3) - log(1.0 / 3), 1e-5);
}

Test(area, classes_that_size_tells_apart_have_a_fit) {
    static const double areas[CELLS] = {900, 800, 700, 600, 500, 400, 300, 200};
    static lvk_curve_bands bands;
    lvk_calibration_bin bins[LVK_CALIBRATION_BINS];
    bool known;
    lvk_scored rows = cells;
    rows.areas = areas;
    cr_assert_eq(lvk_area_baseline(&rows, &bands, bins, &known), LVK_OK);
    cr_expect(known);
    cr_expect_eq(bins[0].count, 4, "size tells these classes apart");
    cr_expect_eq(bins[LVK_CALIBRATION_BINS - 1].positives, 4);
    cr_expect_eq(bands.roc[0].value, 1);
    cr_expect_eq(bands.precision[100].value, 1);
    cr_expect_float_eq(bands.benefit[50].value, 0.5, 1e-12);
    rows.areas = NULL;
    cr_assert_eq(lvk_area_baseline(&rows, &bands, bins, &known), LVK_OK);
    cr_expect(!known);
}

/* ---- epochs ---- */

Test(epochs, a_table_has_columns_with_gaps, .init = scratch_create, .fini = scratch_remove) {
    lvk_epochs epochs;
    const char *path = scratch_path("metrics.csv");
    cr_assert_eq(lvk_epochs_read(path, &epochs), LVK_OK, "no file: no epochs");
    cr_expect_eq(epochs.count, 0);
    static const char text[] = "epoch,train_loss,val_loss\n1,0.5,\n2,0.25,\n";
    cr_assert_eq(lvk_file_write(path, text, strlen(text)), LVK_OK);
    cr_assert_eq(lvk_epochs_read(path, &epochs), LVK_OK);
    cr_expect_eq(epochs.count, 2);
    cr_expect_eq(lvk_epochs_column(&epochs, "train_loss")[1], 0.25);
    cr_expect_null(lvk_epochs_column(&epochs, "val_loss"), "nothing of it is known");
    cr_expect_null(lvk_epochs_column(&epochs, "val_auc"));
    lvk_epochs_finish(&epochs);
    static const char *const wrong[] = {"abc", "inf", "-inf", "nan", "1e999", "", "0x1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        char table[128];
        snprintf(table, sizeof table, "epoch,train_loss,val_auc,val_loss\n1,0.5,nan,\n2,%s,0.5,1\n",
                 wrong[i]);
        cr_assert_eq(lvk_file_write(path, table, strlen(table)), LVK_OK);
        cr_expect_eq(lvk_epochs_read(path, &epochs), LVK_ERROR_FORMAT, "%s", wrong[i]);
        cr_expect_not_null(strstr(lvk_error_message(), "metrics.csv:3: "), "%s", lvk_error_message());
    }
}

/* Where the ticks of y have many decimals, they do not reach the axis's label, which is upright at 15. */
Test(chart, long_ticks_leave_room_for_the_label) {
    for (int decimals = 2; decimals <= 6; ++decimals) {
        lvk_text text = {0};
        lvk_chart chart;
        lvk_chart_begin(&chart, &text, "a", "title", "summary",
                        (lvk_chart_axis){.label = "x", .from = 0, .to = 1, .step = 1},
                        (lvk_chart_axis){.label = "AUC", .from = 0, .to = 1, .step = 1, .decimals = decimals},
                        0);
        lvk_chart_end(&chart);
        const double end = chart.left - 7, width = 6.7 * (decimals + 2); /* a digit of 12 pixels is so wide */
        cr_expect_geq(end - width, 15, "%d decimals begin at %g", decimals, end - width);
        lvk_text_finish(&text);
    }
}

/* ---- sources ---- */

static void write_text(const char *name, const char *text) {
    cr_assert_eq(lvk_file_write(scratch_path(name), text, strlen(text)), LVK_OK, "%s", lvk_error_message());
}

/* A report of fewer folds, or of no folder of leukvk's, must not be made because memory is out. */
Test(source, all_folds_are_there_or_memory_is_out, .init = scratch_create, .fini = scratch_remove) {
    static const char *const folds[] = {"fold-1", "fold-2", "fold-3"};
    lvk_report_source source;
    lvk_status status = LVK_ERROR_MEMORY;
    uint64_t n = 1;
    write_text("cv.json", "{\"folds\": 3}");
    for (int i = 0; i < 3; ++i) {
        char name[64];
        cr_assert_eq(lvk_folder_create(scratch_path(folds[i])), LVK_OK);
        snprintf(name, sizeof name, "%s/config.json", folds[i]);
        write_text(
            name,
            "{\"crop\": \"none\", \"data\": \"d\", \"epochs\": 9, \"image_size\": 8, \"model\": \"cnn\", \"seed\": 1}");
        snprintf(name, sizeof name, "%s/split.json", folds[i]);
        write_text(name,
                   "{\"parts\": {\"train\": [], \"validation\": [], \"test\": [], \"preliminary\": []}}");
    }
    for (; status != LVK_OK && n < 1000; ++n) {
        (void)lvk_alloc_fail_after(n);
        status = lvk_report_source_read(scratch_folder, &source);
        (void)lvk_alloc_fail_after(0);
        cr_assert(status == LVK_ERROR_MEMORY || (status == LVK_OK && source.run_count == 3),
                  "allocation %d: status %d, %s", (int)n, (int)status, lvk_error_message());
    }
    cr_assert_eq(status, LVK_OK);
    cr_expect_gt(n, 10);
    lvk_report_source_finish(&source);
}
