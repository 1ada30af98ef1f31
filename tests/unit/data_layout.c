/* What names of folders say: whose cells they hold, and which class is the positive one. */
#define _XOPEN_SOURCE 700
#include "support/tree.h"

#include "dataset/class_names.h"
#include "leukvk/dataset.h"

TestSuite(layout, .init = tree_create, .fini = tree_remove);

enum { SIDE = 33 };

typedef struct tree_case {
    const char *paths[8];
    size_t unnamed; /* labelled images of which no subject is known */
    const char *subject_of_first;
    const char *classes; /* "a b" */
} tree_case;

static const tree_case cases[] = {
    /* a folder per person below the class folders */
    {{"cancer/P1/a.png", "cancer/p1/b.png", "cancer/P2/a.png", "normal/P3/a.png", "normal/P4/a.png"},
     0,
     "P1",
     "cancer normal"},
    {{"cancer/patient_A/a.png", "cancer/patient_B/b.png", "normal/patientC/a.png"},
     0,
     "PATIENT_A",
     "cancer normal"},
    {{"all/017/a.png", "all/018/b.png", "hem/019/a.png", "hem/020/a.png"}, 0, "017", "all hem"},
    /* names of files come first */
    {{"cancer/P1/UID_X_1.png", "cancer/P2/a.png", "normal/P3/a.png"}, 0, "X", "cancer normal"},
    /* a person's folder above those of the classes */
    {{"P1/cancer/a.png", "P1/normal/b.png", "P2/cancer/a.png", "P2/normal/c.png"}, 0, "P1", "cancer normal"},
    {{"P1/all/a.png", "P1/hem/b.png", "P2/all/a.png"}, 0, "P1", "all hem"},
    /* not people, or not all of them */
    {{"cancer/fold_1/a.png", "cancer/fold_2/b.png", "normal/fold_1/c.png"}, 3, NULL, "cancer normal"},
    {{"cancer/L1/a.png", "cancer/L2/b.png", "normal/L3/c.png"}, 3, NULL, "cancer normal"},
    {{"site1/all/a.png", "site2/all/b.png", "site2/hem/c.png"}, 3, NULL, "all hem"},
    {{"malignant/early/a.png", "malignant/pro/b.png", "benign/pre/c.png"}, 3, NULL, "benign malignant"},
    {{"cancer/2023-01-05/a.png", "cancer/2023-01-06/b.png", "normal/2023-01-07/c.png"},
     3,
     NULL,
     "cancer normal"},
    {{"cancer/P1/a.png", "cancer/b.png", "normal/P2/c.png"}, 3, NULL, "cancer normal"},
    {{"cancer/P1/a.png", "cancer/P1/b.png", "normal/P1/c.png"}, 3, NULL, "cancer normal"},
    {{"cancer/a.png", "normal/b.png", "normal/UID_P0_10.png"}, 2, NULL, "cancer normal"},
};

Test(layout, subjects_by_folder) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        char path[128], classes[64];
        lvk_dataset *d;
        for (size_t k = 0; cases[i].paths[k]; ++k) {
            snprintf(path, sizeof path, "%zu/%s", i, cases[i].paths[k]);
            tree_write_image(path, SIDE, (uint32_t)(10 * i + k));
        }
        snprintf(path, sizeof path, "%zu", i);
        cr_assert_eq(lvk_dataset_create(tree_path(path), NULL, &d), LVK_OK, "%zu: %s", i,
                     lvk_error_message());
        cr_expect_eq(lvk_dataset_unnamed_count(d), cases[i].unnamed, "case %zu", i);
        cr_assert_eq(lvk_dataset_class_count(d), 2, "case %zu", i);
        snprintf(classes, sizeof classes, "%s %s", lvk_dataset_class_name(d, 0),
                 lvk_dataset_class_name(d, 1));
        cr_expect_str_eq(classes, cases[i].classes, "case %zu", i);
        const lvk_subject_info *first = lvk_dataset_subject(
            d, lvk_dataset_image(d, (size_t)lvk_dataset_find(d, cases[i].paths[0]))->subject);
        cr_expect_eq(first->named, cases[i].subject_of_first != NULL, "case %zu", i);
        if (cases[i].subject_of_first)
            cr_expect_str_eq(first->name, cases[i].subject_of_first, "case %zu", i);
        lvk_dataset_destroy(&d);
    }
}

Test(layout, subjects_by_folder_are_joined) {
    lvk_dataset *d;
    for (uint32_t i = 0; i < 5; ++i)
        tree_write_image(cases[0].paths[i], SIDE, i);
    cr_assert_eq(lvk_dataset_create(tree_path(""), NULL, &d), LVK_OK, "%s", lvk_error_message());
    cr_expect_eq(lvk_dataset_subject_count(d), 4, "P1 and p1 are one");
    lvk_dataset_destroy(&d);
}

/* In byte order, as a data set has them. */
Test(layout, positive_class_by_name) {
    static const struct {
        const char *names[2];
        size_t positive;
        bool told;
    } named[] = {{{"cancer", "normal"}, 0, true},        {{"ALL", "normal"}, 0, true},
                 {{"Leukemia", "NonLeukemia"}, 0, true}, {{"leukaemia", "non-leukaemia"}, 0, true},
                 {{"leukemia", "nonleukemia"}, 0, true}, {{"benign", "malignant"}, 1, true},
                 {{"blasts", "other"}, 0, true},         {{"aml", "healthy"}, 0, true},
                 {{"hem", "lymphoma"}, 1, true},         {{"negative", "positive"}, 1, true},
                 {{"abnormal", "normal"}, 0, true},      {{"ALL_cells", "HEM_cells"}, 0, true},
                 {{"healthy", "sick"}, 1, true},         {{"no cancer", "with cancer"}, 1, true},
                 {{"alpha", "zeta"}, 1, false},          {{"0", "1"}, 1, false},
                 {{"all", "blast"}, 0, false},           {{"allergy", "call"}, 1, false}};
    for (size_t i = 0; i < sizeof named / sizeof *named; ++i) {
        bool told;
        cr_expect_eq(lvk_class_positive(named[i].names, 2, &told), named[i].positive, "%s, %s",
                     named[i].names[0], named[i].names[1]);
        cr_expect_eq(told, named[i].told, "%s, %s", named[i].names[0], named[i].names[1]);
    }
}

Test(layout, positive_class_on_request) {
    lvk_dataset *d;
    tree_write_image("cancer/a.png", SIDE, 1);
    tree_write_image("normal/b.png", SIDE, 2);
    cr_assert_eq(lvk_dataset_create(tree_path(""), NULL, &d), LVK_OK);
    cr_expect_eq(lvk_dataset_positive_class(d), 0);
    lvk_dataset_destroy(&d);
    cr_assert_eq(lvk_dataset_create(tree_path(""), &(lvk_dataset_options){.positive = "normal"}, &d), LVK_OK);
    cr_expect_eq(lvk_dataset_positive_class(d), 1);
    lvk_dataset_destroy(&d);
    cr_expect_eq(lvk_dataset_create(tree_path(""), &(lvk_dataset_options){.positive = "norm"}, &d),
                 LVK_ERROR_ARGUMENT);
    TREE_ERROR_HAS("--positive norm: the classes of ", " are cancer, normal");
}
