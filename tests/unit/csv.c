/* Tables as spreadsheets and programs write them. */
#include "support/scratch.h"

#include "core/csv.h"
#include "core/file.h"
#include "core/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(csv, .init = scratch_create, .fini = scratch_remove);

static lvk_status read_text(const char *text, size_t size, char *joined, size_t room) {
    static const char *path; /* outlives the reader */
    lvk_csv csv;
    bool more = true;
    path = scratch_path("t.csv");
    size_t length = 0;
    cr_assert_eq(lvk_file_write(path, text, size), LVK_OK);
    *joined = '\0';
    lvk_status status = lvk_csv_open(path, &csv);
    while (status == LVK_OK && more) {
        for (int i = 0; i < csv.count; ++i)
            length += (size_t)snprintf(joined + length, room - length, "[%s]", csv.fields[i]);
        length += (size_t)snprintf(joined + length, room - length, "%u\n", csv.line);
        status = lvk_csv_next(&csv, &more);
    }
    lvk_csv_close(&csv);
    return status;
}

Test(csv, what_is_read) {
    static const struct {
        const char *text, *rows;
    } cases[] = {
        {"a,b\n1,2\n", "[a][b]1\n[1][2]2\n"},
        {"a,b\n1,2", "[a][b]1\n[1][2]2\n"},
        {"a,b\r\n1,2\r\n", "[a][b]1\n[1][2]2\n"},
        {"a,b\r1,2\r", "[a][b]1\n[1][2]2\n"},
        {"\xEF\xBB\xBF"
         "a,b\n1,2\n",
         "[a][b]1\n[1][2]2\n"},
        {"a,b\n\n1,2\n\n  \n,\n", "[a][b]1\n[1][2]3\n"},
        {"a;b\n1,5;2\n", "[a][b]1\n[1,5][2]2\n"},
        {"a\tb\n1\t2\n", "[a][b]1\n[1][2]2\n"},
        {"a;b, c;d\n1;2;3\n", "[a][b, c][d]1\n[1][2][3]2\n"},
        {"a,b;c,d\n1,2,3\n", "[a][b;c][d]1\n[1][2][3]2\n"},
        {"\"a;x\",b\n1,2;3\n", "[a;x][b]1\n[1][2;3]2\n"},
        {"sep=;\na;b\n1;2\n", "[a][b]2\n[1][2]3\n"},
        {"sep=,\r\na,b\r\n1,2\r\n", "[a][b]2\n[1][2]3\n"},
        {"a,b,\n1,2,\n1,2\n1,2,,,\n", "[a][b]1\n[1][2]2\n[1][2]3\n[1][2]4\n"},
        {" a , b \n 1,2 \n", "[a][b]1\n[ 1][2 ]2\n"},
        {"a,b\n\"1,\"\"x\"\"\",\"2\n3\"\n4,5\n", "[a][b]1\n[1,\"x\"][2\n3]2\n[4][5]4\n"},
        {"\"a\",\"b\"\n\"\",\"2\"\n,\n", "[a][b]1\n[][2]2\n"},
        {"a,b\n1, \"2,3\" \n", "[a][b]1\n[1][2,3]2\n"},
        {"a,b\n1,x\"y\n", "[a][b]1\n[1][x\"y]2\n"},
        {"a\n1\n2\n", "[a]1\n[1]2\n[2]3\n"},
        {"", "1\n"},
        {"\xEF\xBB\xBF", "1\n"},
        {"sep=;\n", "1\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        char rows[512];
        cr_assert_eq(read_text(cases[i].text, strlen(cases[i].text), rows, sizeof rows), LVK_OK,
                     "case %zu: %s", i, lvk_error_message());
        cr_expect_str_eq(rows, cases[i].rows, "case %zu: %s", i, rows);
    }
}

Test(csv, what_is_refused) {
    static const struct {
        const char *text;
        size_t size; /* 0: as long as the text */
        const char *reason;
    } cases[] = {
        {"a,b\n1\n", 0, "line 2: 1 fields, the first line has 2: fewer fields"},
        {"a,b\n1,2\n\n1,2,3\n", 0, "line 4: 3 fields, the first line has 2: more fields"},
        {"a,b\n1,\"2\n", 0, "line 2: a quote is not closed"},
        {"a,b\n\"1\"x,2\n", 0, "line 2: text behind a quoted field"},
        {"a,b\n1,\0\n", 8, "zero byte"},
        {"\xFF\xFE"
         "a\0,\0",
         6, "UTF-16"},
        {"PK\3\4xxx", 0, "save it as CSV"},
        {"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", 0, "git lfs pull"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        char rows[512];
        const size_t size = cases[i].size ? cases[i].size : strlen(cases[i].text);
        cr_assert_eq(read_text(cases[i].text, size, rows, sizeof rows), LVK_ERROR_FORMAT, "case %zu", i);
        cr_expect(strstr(lvk_error_message(), cases[i].reason), "case %zu: %s", i, lvk_error_message());
        cr_expect(strstr(lvk_error_message(), "t.csv: "), "case %zu: %s", i, lvk_error_message());
    }
}

Test(csv, many_fields) {
    char text[1024] = "", rows[1024];
    for (int i = 0; i < LVK_CSV_MOST_FIELDS + 1; ++i)
        strcat(text, i ? ",a" : "a");
    cr_assert_eq(read_text(text, strlen(text), rows, sizeof rows), LVK_ERROR_FORMAT);
    cr_expect(strstr(lvk_error_message(), "more fields than the 128 that are read"), "%s",
              lvk_error_message());
    text[strlen(text) - 2] = '\0';
    cr_assert_eq(read_text(text, strlen(text), rows, sizeof rows), LVK_OK, "%s", lvk_error_message());
}

Test(csv, numbers) {
    lvk_csv csv = {.separator = ','};
    double value = -1;
    cr_expect(lvk_csv_number(&csv, " 0.25\t", &value));
    cr_expect_eq(value, 0.25);
    cr_expect_not(lvk_csv_number(&csv, "0,5", &value));
    cr_expect_not(lvk_csv_number(&csv, "0.5 1", &value));
    cr_expect_not(lvk_csv_number(&csv, "", &value));
    csv.separator = ';';
    cr_expect(lvk_csv_number(&csv, "0,5", &value));
    cr_expect_eq(value, 0.5);
    cr_expect_not(lvk_csv_number(&csv, "1,000,5", &value));
}
