/* Data sets from tables: which columns hold what, how tables are written, what is refused, and subjects that
 * a pattern takes out of paths. */
#define _XOPEN_SOURCE 700
#include "support/log_text.h"
#include "support/tree.h"

#include "leukvk/dataset.h"

#include <sys/stat.h>

enum { SIDE = 33, IMAGES = 6 };

/* a1.png … a3.png and b1.png … b3.png in the folder `cells`, each another picture. */
static void begin(void) {
    static const char *const names[IMAGES] = {"a1", "a2", "a3", "b1", "b2", "b3"};
    tree_create();
    for (uint32_t i = 0; i < IMAGES; ++i) {
        char path[64];
        snprintf(path, sizeof path, "cells/%s.png", names[i]);
        tree_write_image(path, SIDE, i);
    }
    log_text_begin();
}

TestSuite(table, .init = begin, .fini = tree_remove);

static lvk_dataset *open_with(const char *name, const lvk_dataset_options *options) {
    lvk_dataset *d;
    cr_assert_eq(lvk_dataset_create(tree_path(name), options, &d), LVK_OK, "%s: %s", name,
                 lvk_error_message());
    return d;
}

static const lvk_image_info *image(const lvk_dataset *d, const char *path) {
    const ptrdiff_t index = lvk_dataset_find(d, path);
    cr_assert_geq(index, 0, "no image %s", path);
    return lvk_dataset_image(d, (size_t)index);
}

static const char *subject_of(const lvk_dataset *d, const char *path) {
    const lvk_subject_info *subject = lvk_dataset_subject(d, image(d, path)->subject);
    return subject->named ? subject->name : "";
}

/* "a1:ALL:P1 b1:HEM:" of all images; labels and subjects may be missing. */
static void expect_images(const lvk_dataset *d, const char *expected, const char *what) {
    char text[512] = "";
    for (size_t i = 0; i < lvk_dataset_image_count(d); ++i) {
        const lvk_image_info *info = lvk_dataset_image(d, i);
        const char *name = lvk_path_name(info->path);
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.*s:%s:%s", i ? " " : "",
                 (int)strcspn(name, "."), name,
                 info->label < 0 ? "" : lvk_dataset_class_name(d, (size_t)info->label),
                 subject_of(d, info->path));
    }
    cr_expect_str_eq(text, expected, "%s: %s", what, text);
}

Test(table, ways_in_which_tables_are_written) {
    static const struct {
        const char *name, *text, *images;
    } cases[] = {
        {"comma.csv", "path,label,subject\ncells/a1.png,ALL,P1\ncells/b1.png,HEM,P2\n",
         "a1:ALL:P1 b1:HEM:P2"},
        {"semicolon.csv", "path;label;subject\ncells/a1.png;ALL;P1\ncells/b1.png;HEM;p2\n",
         "a1:ALL:P1 b1:HEM:P2"},
        {"tab.tsv", "path\tlabel\ncells/a1.png\tALL\ncells/b1.png\tHEM\n", "a1:ALL: b1:HEM:"},
        {"comma-in-a-tab.TSV", "path\tlabel, by hand\tlabel\ncells/a1.png\tx\tALL\ncells/b1.png\ty\tHEM\n",
         "a1:ALL: b1:HEM:"},
        {"text.txt", "label,path\nALL,cells/a1.png\nHEM,cells/b1.png\n", "a1:ALL: b1:HEM:"},
        {"bom-crlf.csv", "\xEF\xBB\xBFpath,label\r\ncells/a1.png,ALL\r\ncells/b1.png,HEM\r\n",
         "a1:ALL: b1:HEM:"},
        {"excel.csv", "sep=;\r\npath;label\r\ncells/a1.png;ALL\r\ncells/b1.png;HEM\r\n\r\n\r\n",
         "a1:ALL: b1:HEM:"},
        {"quotes.csv", "\"path\",\"label\"\n\"cells/a1.png\",\"ALL, blasts\"\n\"cells/b1.png\",\"HEM\"\n",
         "a1:ALL, blasts: b1:HEM:"},
        {"blank.csv", "\npath,label\n\ncells/a1.png,ALL\n,\ncells/b1.png,HEM\n \n\n", "a1:ALL: b1:HEM:"},
        {"trailing.csv", "path,label,,\ncells/a1.png,ALL,,\ncells/b1.png,HEM\n", "a1:ALL: b1:HEM:"},
        {"spaces.csv", " path , label \n cells/a1.png , ALL \n./cells/b1.png,HEM\n", "a1:ALL: b1:HEM:"},
        {"windows.csv", "path,label\ncells\\a1.png,ALL\ncells\\b1.png,HEM\n", "a1:ALL: b1:HEM:"},
        {"cells/beside.csv", "path,label\na1.png,ALL\n../cells/b1.png,HEM\n", "b1:HEM: a1:ALL:"},
        {"order.csv", "path,label\ncells/b1.png,HEM\ncells/a1.png,ALL\n", "a1:ALL: b1:HEM:"},
        {"some-labels.csv", "path,label,subject\ncells/a1.png,ALL,\ncells/a2.png,,P1\ncells/b1.png,HEM,P2\n",
         "a1:ALL: a2::P1 b1:HEM:P2"},
        {"four.csv",
         "path,label\ncells/a1.png,Pro\ncells/a2.png,Early\ncells/a3.png,Pre\ncells/b1.png,Benign\n",
         "a1:Pro: a2:Early: a3:Pre: b1:Benign:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        tree_write_text(cases[i].name, cases[i].text);
        lvk_dataset *d = open_with(cases[i].name, NULL);
        expect_images(d, cases[i].images, cases[i].name);
        cr_expect(lvk_dataset_is_table(d));
        cr_expect_str_eq(lvk_dataset_source(d), tree_path(cases[i].name));
        lvk_dataset_destroy(&d);
    }
    LOG_EXPECT_ONCE("some-labels.csv: 1 of 3 images have no label");
    LOG_EXPECT_ONCE(
        "comma.csv: path from column 'path', label from column 'label', subject from column 'subject'\n");
}

Test(table, usual_names_of_columns) {
    static const char *const headers[] = {"path,label,subject",
                                          "filename,class,patient",
                                          "File Name,Diagnosis,Patient ID",
                                          "FILE,Dx,patient_id",
                                          "image,target,Person",
                                          "img_path,category,donor",
                                          "imageFile,Label,CaseID",
                                          "path,class,subject",
                                          "Image_Name,cell-type,PID",
                                          "output,class,patientId",
                                          "image_id,ground truth,Subject",
                                          "Filepath,LABELS,case"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; ++i) {
        char text[256];
        snprintf(text, sizeof text, "%s\ncells/a1.png,ALL,P1\ncells/b1.png,HEM,P2\n", headers[i]);
        tree_write_text("t.csv", text);
        lvk_dataset *d = open_with("t.csv", NULL);
        expect_images(d, strstr(headers[i], "PID") ? "a1:ALL: b1:HEM:" : "a1:ALL:P1 b1:HEM:P2", headers[i]);
        lvk_dataset_destroy(&d);
    }
}

Test(table, columns_by_choice) {
    static const struct {
        const char *columns, *images;
    } cases[] = {
        {"", "a1:x: a2:y:"},
        {"path=Bild", "b1:x: b2:y:"},
        {"path=BILD,label=Befund, am Tag,subject=Wer", "b1:ALL:Q b2:HEM:R"},
        {"label=Befund, am Tag", "a1:ALL: a2:HEM:"},
    };
    tree_write_text("t.csv", "image;Bild;label;Befund, am Tag;Wer\ncells/a1.png;cells/b1.png;x;ALL;q\n"
                             "cells/a2.png;cells/b2.png;y;HEM;r\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        lvk_dataset *d = open_with("t.csv", &(lvk_dataset_options){.columns = cases[i].columns});
        expect_images(d, cases[i].images, cases[i].columns);
        lvk_dataset_destroy(&d);
    }
    lvk_dataset *d = open_with("t.csv", &(lvk_dataset_options){.columns = "label=", .allow_classless = true});
    expect_images(d, "a1:: a2::", "no labels");
    cr_expect_eq(lvk_dataset_class_count(d), 0);
    lvk_dataset_destroy(&d);
}

Test(table, parts_and_scales) {
    tree_write_text("t.csv", "path;label;Set;mpp\ncells/a1.png;ALL;TRAIN;0,25\ncells/a2.png;ALL;val;\n"
                             "cells/b1.png;HEM;train;0.5\ncells/b2.png;HEM;Testing;1\ncells/b3.png;;;\n");
    lvk_dataset *d = open_with("t.csv", NULL);
    cr_expect_eq(image(d, "cells/a1.png")->given, LVK_GIVEN_TRAIN);
    cr_expect_eq(image(d, "cells/a2.png")->given, LVK_GIVEN_VALIDATION);
    cr_expect_eq(image(d, "cells/b2.png")->given, LVK_GIVEN_TEST);
    cr_expect_eq(image(d, "cells/b3.png")->given, LVK_GIVEN_NONE);
    cr_expect_eq(image(d, "cells/a1.png")->microns_per_pixel, 0.25);
    cr_expect_eq(image(d, "cells/a2.png")->microns_per_pixel, 0);
    cr_expect_eq(image(d, "cells/b1.png")->microns_per_pixel, 0.5);
    lvk_dataset_destroy(&d);
    d = open_with("t.csv", &(lvk_dataset_options){.columns = "part="});
    cr_expect_eq(image(d, "cells/a1.png")->given, LVK_GIVEN_NONE);
    lvk_dataset_destroy(&d);
}

Test(table, what_is_refused) {
    static const struct {
        const char *text, *columns, *reason;
        lvk_status status;
    } cases[] = {
        {"", "", "t.csv: line 1: no column has a name; a table begins with a line of names",
         LVK_ERROR_FORMAT},
        {"a,b\n1,2\n", "",
         "line 1: no column is called as the path of images usually is; --columns path=NAME says which "
         "of these it is: a, b",
         LVK_ERROR_FORMAT},
        {"path,b\ncells/a1.png,2\n", "", "line 1: no column is called as the label", LVK_ERROR_FORMAT},
        {"path,label\n", "", "t.csv: no row below the header", LVK_ERROR_FORMAT},
        {"path,label\ncells/a1.png,\n", "", "t.csv: no image has a label", LVK_ERROR_FORMAT},
        {"path,label\ncells/a1.png,A\ncells/none.png,B\n", "", "line 3: cells/none.png: No such file",
         LVK_ERROR_FORMAT},
        {"path,label\ncells,A\n", "", "line 2: cells: is no file", LVK_ERROR_FORMAT},
        {"path,label\n,A\n", "", "line 2: no path of an image", LVK_ERROR_FORMAT},
        {"path,label\ncells/a1.png,A\ncells/a1.png,B\n", "",
         "line 3: cells/a1.png is there twice, first in line 2", LVK_ERROR_FORMAT},
        {"path,label\ncells/a1.png,ALL\ncells/b1.png,all\n", "",
         "labels 'ALL' (line 2) and 'all' (line 3) differ in case only", LVK_ERROR_FORMAT},
        {"path,label\ncells/a1.png,ALL\ncells/b1.png\n", "", "line 3: 1 fields, the first line has 2",
         LVK_ERROR_FORMAT},
        {"path,label\ncells/a1.png,\xE4\n", "", "line 2: the label is not UTF-8 text", LVK_ERROR_FORMAT},
        {"path,label,part\ncells/a1.png,A,fold1\n", "",
         "line 2: part 'fold1' in column 'part': train, val or test", LVK_ERROR_FORMAT},
        {"path,label,part\ncells/a1.png,A,train\ncells/b1.png,B,\n", "",
         "line 3: no part, though line 2 has one", LVK_ERROR_FORMAT},
        {"path,label,mpp\ncells/a1.png,A,-1\n", "", "line 2: microns_per_pixel '-1': a number above 0",
         LVK_ERROR_FORMAT},
        {"path,label,Label\ncells/a1.png,A,B\n", "", "columns 2 and 3 could both be the label",
         LVK_ERROR_FORMAT},
        {"path,label\ncells/a1.png,A\n", "label=dx",
         "line 1: no column 'dx' (--columns label=...); there is path, label", LVK_ERROR_FORMAT},
        {"path,label\ncells/a1.png,A\n", "path=path,label=path",
         "column 'path' cannot be both the path and the label", LVK_ERROR_FORMAT},
        {"path,label\ncells/a1.png,A\n", "lable=dx", "--columns lable=dx: as in path=File",
         LVK_ERROR_ARGUMENT},
        {"path,label\ncells/a1.png,A\n", "label=a,label=b", "says twice which column is label",
         LVK_ERROR_ARGUMENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        lvk_dataset *d;
        tree_write_text("t.csv", cases[i].text);
        cr_expect_eq(
            lvk_dataset_create(tree_path("t.csv"), &(lvk_dataset_options){.columns = cases[i].columns}, &d),
            cases[i].status, "case %zu: %s", i, lvk_error_message());
        TREE_ERROR_HAS(cases[i].reason);
    }
}

Test(table, what_is_no_table) {
    lvk_dataset *d;
    cr_expect_eq(lvk_dataset_create(tree_path("cells/a1.png"), NULL, &d), LVK_ERROR_FORMAT);
    TREE_ERROR_HAS("a1.png: is a file; a data set is a folder, or a table named .csv, .tsv or .txt");
    cr_expect_eq(lvk_dataset_create(tree_path("cells"), &(lvk_dataset_options){.columns = "label=x"}, &d),
                 LVK_ERROR_ARGUMENT);
    TREE_ERROR_HAS("--columns: is for a table, and", "cells is none");
    cr_expect_eq(lvk_dataset_create(tree_path("none.csv"), NULL, &d), LVK_ERROR_IO);
    TREE_ERROR_HAS("none.csv: No such file");
}

Test(table, its_bytes_belong_to_the_fingerprint) {
    static const char *const texts[] = {"path,label\ncells/a1.png,ALL\ncells/b1.png,HEM\n",
                                        "path,label\ncells/a1.png,ALL\ncells/b1.png,HEM\n",
                                        "path,label,note\ncells/a1.png,ALL,x\ncells/b1.png,HEM,\n"};
    char fingerprints[3][64];
    for (int i = 0; i < 3; ++i) {
        tree_write_text("t.csv", texts[i]);
        lvk_dataset *d = open_with("t.csv", NULL);
        snprintf(fingerprints[i], sizeof fingerprints[i], "%s", lvk_dataset_fingerprint(d));
        lvk_dataset_destroy(&d);
    }
    cr_expect_str_eq(fingerprints[0], fingerprints[1]);
    cr_expect_str_neq(fingerprints[0], fingerprints[2]);
}

Test(table, absolute_paths) {
    char text[512];
    snprintf(text, sizeof text, "path,label\n%s,ALL\n%s,HEM\n", tree_path("cells/a1.png"),
             tree_path("cells/b1.png"));
    tree_write_text("deep/t.csv", text);
    lvk_dataset *d = open_with("deep/t.csv", NULL);
    expect_images(d, "a1:ALL: b1:HEM:", "absolute");
    lvk_dataset_destroy(&d);
}

Test(table, a_thousand_classes_and_no_more) {
    FILE *file = fopen(tree_path("t.csv"), "w");
    lvk_dataset *d;
    cr_assert(file);
    fputs("path,label\n", file);
    cr_assert_eq(mkdir(tree_path("many"), 0700), 0);
    for (int i = 0; i < 1001; ++i) {
        char name[64];
        snprintf(name, sizeof name, "many/%04d.png", i);
        cr_assert_eq(link(tree_path("cells/a1.png"), tree_path(name)), 0);
        fprintf(file, "%s,c%d\n", name, i);
        if (i != 999)
            continue;
        fflush(file);
        d = open_with("t.csv", NULL);
        cr_expect_eq(lvk_dataset_class_count(d), 1000);
        lvk_dataset_destroy(&d);
    }
    fclose(file);
    cr_assert_eq(lvk_dataset_create(tree_path("t.csv"), NULL, &d), LVK_ERROR_LIMIT);
    TREE_ERROR_HAS("t.csv: column 'label' has 1001 labels, more than the 1000 classes that are read");
}

Test(table, out_of_memory_anywhere) {
    const lvk_dataset_options options = {.threads = 1, .columns = "label=dx", .subject_pattern = "/(.)"};
    const uint64_t live = lvk_alloc_live();
    uint64_t n = 1;
    tree_write_text("t.csv",
                    "path;dx;subject;part;mpp\ncells\\a1.png;ALL;P1;train;1\ncells/b1.png;HEM;P2;test;1\n");
    for (;; ++n) {
        lvk_dataset *d;
        lvk_alloc_fail_after(n);
        const lvk_status status = lvk_dataset_create(tree_path("t.csv"), &options, &d);
        lvk_alloc_fail_after(0);
        lvk_dataset_destroy(&d);
        cr_assert_eq(lvk_alloc_live(), live, "allocation %d", (int)n);
        if (status == LVK_OK)
            break;
        cr_assert_eq(status, LVK_ERROR_MEMORY, "allocation %d: %s", (int)n, lvk_error_message());
    }
    cr_assert_gt(n, 30, "only %d allocations", (int)n); /* those of decoders are in other processes */
}

/* ---- subjects by a pattern ---- */

Test(table, subjects_by_a_pattern) {
    static const struct {
        const char *pattern, *images, *warning;
    } cases[] = {
        {"/([a-z])[0-9]", "a1:ALL:A a2:HEM:A b1:HEM:B", ""},
        {"([12])[.]png$", "a1:ALL:1 a2:HEM:2 b1:HEM:1", ""},
        {"/(a)", "a1:ALL:A a2:HEM:A b1:HEM:P2", "matches 2 of 3 paths, and not cells/b1.png"},
        {"/(a1)?", "a1:ALL:A1 a2:HEM:P2 b1:HEM:P2", "matches 1 of 3 paths, and not cells/a2.png"},
        {"", "a1:ALL:P1 a2:HEM:P2 b1:HEM:P2", ""},
    };
    tree_write_text("t.csv",
                    "path,label,subject\ncells/a1.png,ALL,P1\ncells/a2.png,HEM,P2\ncells/b1.png,HEM,P2\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        log_text_begin();
        lvk_dataset *d = open_with("t.csv", &(lvk_dataset_options){.subject_pattern = cases[i].pattern});
        expect_images(d, cases[i].images, cases[i].pattern);
        cr_expect_eq(log_text_count("warning: "), *cases[i].warning ? 1 : 0, "%s", log_text);
        cr_expect(strstr(log_text, cases[i].warning), "%s", log_text);
        lvk_dataset_destroy(&d);
    }
    tree_write_image("tree/a/P1_1.png", SIDE, 20);
    tree_write_image("tree/b/P2_1.png", SIDE, 21);
    lvk_dataset *d = open_with("tree", &(lvk_dataset_options){.subject_pattern = "/(P[0-9]+)_"});
    cr_expect_str_eq(subject_of(d, "b/P2_1.png"), "P2");
    cr_expect_eq(lvk_dataset_unnamed_count(d), 0);
    lvk_dataset_destroy(&d);
}

Test(table, patterns_that_are_refused) {
    lvk_dataset *d;
    cr_expect_eq(lvk_dataset_create(tree_path("cells"), &(lvk_dataset_options){.subject_pattern = "a(b"}, &d),
                 LVK_ERROR_ARGUMENT);
    TREE_ERROR_HAS("--subject-pattern a(b: ");
    cr_expect_eq(lvk_dataset_create(tree_path("cells"), &(lvk_dataset_options){.subject_pattern = "ab"}, &d),
                 LVK_ERROR_ARGUMENT);
    TREE_ERROR_HAS("--subject-pattern ab: has no group ( )");
    tree_write_text("t.csv", "path,label\ncells/a1.png,ALL\ncells/b1.png,HEM\n");
    lvk_dataset_options options = {.subject_pattern = "(x)"};
    cr_expect_eq(lvk_dataset_create(tree_path("t.csv"), &options, &d), LVK_ERROR_FORMAT);
    TREE_ERROR_HAS("t.csv: --subject-pattern (x) matches none of the 2 paths, as cells/a1.png");
    options.inherited = true;
    cr_assert_eq(lvk_dataset_create(tree_path("t.csv"), &options, &d), LVK_OK, "%s", lvk_error_message());
    LOG_EXPECT_ONCE("warning: ");
    lvk_dataset_destroy(&d);
}
