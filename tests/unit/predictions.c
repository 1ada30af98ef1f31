/* Predictions as text: the exact CSV, JSON and table, and names that need care. */
#include "support/scratch.h"

#include "core/file.h"
#include "core/memory.h"
#include "leukvk/predict.h"
#include "leukvk/predictions.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

static const lvk_prediction rows[] = {
    {"a/UID_1_1_1_all.bmp", "1", 0.98765432109876543, 1, 31415, NULL, 0, NULL},
    {"odd, \"name\".png", "", 0.5, -1, 0, NULL, 0, NULL},
    {"zwölf.jpg", "H3", 1e-10, 0, 7, NULL, 0, NULL},
    {"line\nbreak\033[2J\xFF.bmp", NULL, 0.7F, 0, 0, NULL, 0, NULL},
};
enum { ROWS = sizeof rows / sizeof *rows };

static char *text_of(lvk_prediction_format format, bool all_columns) {
    const lvk_prediction_options options = {.format = format,
                                            .negative_class = "hem",
                                            .positive_class = "all",
                                            .threshold = 0.5,
                                            .labelled = all_columns};
    char *text = NULL;
    cr_assert_eq(lvk_predictions_text(rows, ROWS, &options, &text), LVK_OK, "%s", lvk_error_message());
    return text;
}

static void expect_text(lvk_prediction_format format, bool all_columns, const char *expected) {
    char *text = text_of(format, all_columns);
    cr_expect_str_eq(text, expected);
    lvk_free(text);
}

Test(predictions, csv) {
    expect_text(LVK_PREDICTIONS_CSV, false,
                "path,p_all,class\n"
                "a/UID_1_1_1_all.bmp,0.987654321,all\n"
                "\"odd, \"\"name\"\".png\",0.5,hem\n"
                "zwölf.jpg,1e-10,hem\n"
                "\"line\nbreak\033[2J\xFF.bmp\",0.699999988,all\n");
    expect_text(LVK_PREDICTIONS_CSV, true,
                "path,subject,p_all,class,label,area\n"
                "a/UID_1_1_1_all.bmp,1,0.987654321,all,all,31415\n"
                "\"odd, \"\"name\"\".png\",,0.5,hem,,\n"
                "zwölf.jpg,H3,1e-10,hem,hem,7\n"
                "\"line\nbreak\033[2J\xFF.bmp\",,0.699999988,all,hem,\n");
}

Test(predictions, table) {
    expect_text(LVK_PREDICTIONS_TABLE, true,
                "path                 subject     p_all  class  label   area\n"
                "a/UID_1_1_1_all.bmp  1        0.987654  all    all    31415\n"
                "odd, \"name\".png               0.500000  hem\n"
                "zwölf.jpg            H3       0.000000  hem    hem        7\n"
                "line?break?[2J?.bmp           0.700000  all    hem\n");
}

/* Nine digits bring the float back; a path that is not UTF-8 still gives valid JSON. */
Test(predictions, json) {
    char *text = text_of(LVK_PREDICTIONS_JSON, true);
    json_error_t error;
    json_t *array = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(array, "%s in %s", error.text, text);
    cr_expect_eq(json_array_size(array), ROWS);
    for (size_t i = 0; i < ROWS; ++i) {
        const json_t *object = json_array_get(array, i);
        cr_expect_eq((float)json_number_value(json_object_get(object, "p_all")), (float)rows[i].p);
        cr_expect_str_eq(json_string_value(json_object_get(object, "class")),
                         rows[i].p > 0.5 ? "all" : "hem");
        cr_expect_eq(json_is_null(json_object_get(object, "label")), rows[i].label < 0);
        cr_expect_eq(json_is_null(json_object_get(object, "area")), rows[i].area == 0);
    }
    cr_expect_str_eq(json_string_value(json_object_get(json_array_get(array, 3), "path")),
                     "line\nbreak\033[2J\xEF\xBF\xBD.bmp");
    json_decref(array);
    lvk_free(text);
}

/* What a killed process left beside the file goes when it is written again. */
Test(predictions, leftovers_of_a_kill_go, .init = scratch_create, .fini = scratch_remove) {
    const lvk_prediction_options options = {.negative_class = "hem", .positive_class = "all"};
    cr_assert_eq(lvk_file_write(scratch_path("table.csv.tmp-abcdefghijklm"), "half", 4), LVK_OK);
    cr_assert_eq(lvk_predictions_write(scratch_path("table.csv"), rows, ROWS, &options), LVK_OK, "%s",
                 lvk_error_message());
    cr_expect(lvk_path_is_file(scratch_path("table.csv")));
    cr_expect_not(lvk_path_is_file(scratch_path("table.csv.tmp-abcdefghijklm")));
}

Test(predictions, no_rows) {
    static const char *const expected[] = {[LVK_PREDICTIONS_TABLE] = "path  p_yes  class\n",
                                           [LVK_PREDICTIONS_CSV] = "path,p_yes,class\n",
                                           [LVK_PREDICTIONS_JSON] = "[]\n"};
    for (int f = LVK_PREDICTIONS_TABLE; f <= LVK_PREDICTIONS_JSON; ++f) {
        const lvk_prediction_options options = {.format = (lvk_prediction_format)f,
                                                .negative_class = "no",
                                                .positive_class = "yes",
                                                .threshold = 0.5};
        char *text = NULL;
        cr_assert_eq(lvk_predictions_text(NULL, 0, &options, &text), LVK_OK);
        cr_expect_str_eq(text, expected[f]);
        lvk_free(text);
    }
}

Test(predictions, refused) {
    const double bad[] = {NAN, -0.1, 1.1};
    const lvk_prediction_options options = {
        .format = LVK_PREDICTIONS_CSV, .negative_class = "no", .positive_class = "yes", .threshold = 0.5};
    for (size_t i = 0; i < 3; ++i) {
        const lvk_prediction row = {"a.bmp", NULL, bad[i], -1, 0, NULL, 0, NULL};
        char *text = NULL;
        cr_expect_eq(lvk_predictions_text(&row, 1, &options, &text), LVK_ERROR_NUMERIC);
        cr_expect_null(text);
        cr_expect_not_null(strstr(lvk_error_message(), "a.bmp"));
    }
    lvk_prediction_format format;
    cr_expect_eq(lvk_prediction_format_parse("json", &format), LVK_OK);
    cr_expect_eq(format, LVK_PREDICTIONS_JSON);
    cr_expect_eq(lvk_prediction_format_parse("xml", &format), LVK_ERROR_ARGUMENT);
}

Test(predictions, file, .init = scratch_create, .fini = scratch_remove) {
    const lvk_prediction_options options = {
        .format = LVK_PREDICTIONS_CSV, .negative_class = "hem", .positive_class = "all", .threshold = 0.5};
    void *data = NULL;
    size_t size = 0;
    cr_assert_eq(lvk_predictions_write(scratch_path("p.csv"), rows, 1, &options), LVK_OK);
    cr_assert_eq(lvk_file_read(scratch_path("p.csv"), 1000, &data, &size), LVK_OK);
    cr_expect_str_eq((const char *)data, "path,p_all,class\na/UID_1_1_1_all.bmp,0.987654321,all\n");
    lvk_free(data);
    cr_expect_eq(lvk_predictions_write(scratch_path("none/p.csv"), rows, 1, &options), LVK_ERROR_IO);
}

Test(predictions, out_of_memory) {
    for (int f = LVK_PREDICTIONS_TABLE; f <= LVK_PREDICTIONS_JSON; ++f) {
        const lvk_prediction_options options = {.format = (lvk_prediction_format)f,
                                                .negative_class = "no",
                                                .positive_class = "yes",
                                                .threshold = 0.5};
        lvk_status status = LVK_ERROR_MEMORY;
        for (uint64_t n = 1; status != LVK_OK && n < 1000; ++n) {
            char *text = NULL;
            lvk_alloc_fail_after(n);
            status = lvk_predictions_text(rows, ROWS, &options, &text);
            lvk_alloc_fail_after(0);
            cr_expect(status == LVK_OK || (status == LVK_ERROR_MEMORY && !text), "%s", lvk_error_message());
            lvk_free(text);
        }
        cr_expect_eq(status, LVK_OK);
    }
}
