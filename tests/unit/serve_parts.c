/* Parts of the server that need no connection: forms, names of hosts, answers, counters. */
#include "core/memory.h"
#include "serve/counters.h"
#include "serve/listen.h"
#include "serve/multipart.h"
#include "serve/reply.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define TYPE "multipart/form-data; charset=x; boundary=\"e d\""

static const char whole[] = "preamble\r\n--e d\r\n"
                            "Content-Disposition: form-data; name=\"a\"; filename=\"one;=.png\"\r\n"
                            "Content-Type: image/png\r\n\r\n"
                            "first\r\n--e\r\nbytes\r\n--e d\r\n"
                            "content-disposition: form-data; name=text\r\n\r\n"
                            "no file\r\n--e d  \r\n"
                            "Content-Disposition: form-data; filename=two.bmp; name=\"b\"\r\n\r\n"
                            "\r\n--e d--\r\nepilogue";

/* Parses a copy of exactly `size` bytes, so that a sanitizer sees what is read behind them. */
static lvk_status parse(const char *type, const char *body, size_t size, lvk_upload **files, size_t *count,
                        char **copy) {
    *copy = malloc(size ? size : 1);
    cr_assert_not_null(*copy);
    memcpy(*copy, body, size);
    return lvk_multipart_parse(type, *copy, size, 4, files, count);
}

Test(serve_parts, files_of_a_form_are_found) {
    lvk_upload *files;
    size_t count;
    char *copy;
    cr_assert_eq(parse(TYPE, whole, sizeof whole - 1, &files, &count, &copy), LVK_OK, "%s",
                 lvk_error_message());
    cr_assert_eq(count, 2);
    cr_expect_str_eq(files[0].name, "one;=.png");
    cr_expect_eq(files[0].size, 17);
    cr_expect_eq(memcmp(files[0].data, "first\r\n--e\r\nbytes", 17), 0);
    cr_expect_str_eq(files[1].name, "two.bmp");
    cr_expect_eq(files[1].size, 0);
    lvk_uploads_free(files, count);
    free(copy);
}

Test(serve_parts, a_form_that_is_cut_anywhere_is_refused) {
    const size_t end = (size_t)(strstr(whole, "--\r\nepilogue") - whole) + 2;
    for (size_t size = 0; size < sizeof whole; ++size) {
        lvk_upload *files;
        size_t count;
        char *copy;
        const lvk_status status = parse(TYPE, whole, size, &files, &count, &copy);
        cr_expect_eq(status, size < end ? LVK_ERROR_FORMAT : LVK_OK, "%zu bytes", size);
        lvk_uploads_free(files, count);
        free(copy);
    }
}

Test(serve_parts, a_form_with_any_byte_changed_harms_nothing) {
    char changed[sizeof whole];
    const uint64_t before = lvk_alloc_live();
    for (size_t at = 0; at < sizeof whole - 1; ++at)
        for (int value = 0; value < 256; value += 5) {
            lvk_upload *files;
            size_t count;
            char *copy;
            memcpy(changed, whole, sizeof whole);
            changed[at] = (char)value;
            const lvk_status status = parse(TYPE, changed, sizeof whole - 1, &files, &count, &copy);
            cr_assert(status == LVK_OK || status == LVK_ERROR_FORMAT);
            for (size_t i = 0; i < count; ++i)
                cr_assert((const char *)files[i].data >= copy &&
                          (const char *)files[i].data + files[i].size <= copy + sizeof whole);
            lvk_uploads_free(files, count);
            free(copy);
        }
    cr_expect_eq(lvk_alloc_live(), before);
}

/* Names that a text cannot hold, among them one that is empty as a text. */
Test(serve_parts, a_name_ends_with_its_first_nul) {
    static const char body[] =
        "--e\r\nContent-Disposition: form-data; filename=\"\0a.png\"\r\n\r\n1\r\n"
        "--e\r\nContent-Disposition: form-data; filename=\"b\0.png\"\r\n\r\n2\r\n--e--";
    lvk_upload *files;
    size_t count;
    char *copy;
    cr_assert_eq(parse("multipart/form-data; boundary=e", body, sizeof body - 1, &files, &count, &copy),
                 LVK_OK, "%s", lvk_error_message());
    cr_assert_eq(count, 2);
    cr_expect_str_eq(files[0].name, "image");
    cr_expect_str_eq(files[1].name, "b");
    lvk_uploads_free(files, count);
    free(copy);
}

Test(serve_parts, forms_that_are_none_are_refused) {
    static const char *const types[] = {
        "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary",
        "multipart/form-data; xboundary=e d", "multipart/form-data; boundary=other"};
    lvk_upload *files;
    size_t count;
    for (size_t i = 0; i < sizeof types / sizeof *types; ++i) {
        cr_expect_eq(lvk_multipart_parse(types[i], whole, sizeof whole - 1, 4, &files, &count),
                     LVK_ERROR_FORMAT, "%s", types[i]);
        lvk_uploads_free(files, count);
    }
    cr_expect_eq(lvk_multipart_parse(TYPE, whole, sizeof whole - 1, 1, &files, &count), LVK_ERROR_LIMIT);
    lvk_uploads_free(files, count);
}

Test(serve_parts, only_names_of_this_machine_are_loopback) {
    static const char *const own[] = {"localhost",   "LocalHost:80", "127.0.0.1",
                                      "127.9.9.9:1", "[::1]",        "[::1]:8080"};
    static const char *const others[] = {
        "",
        ":80",
        "localhost.evil.example",
        "evil.example",
        "127.0.0.1.evil.example",
        "128.0.0.1",
        "0.0.0.0",
        "[::2]",
        "[::]",
        "::1",
        "[127.0.0.1]",
        "[",
        "[]",
        "127.1",
        "localhost:80@evil.example.with.a.name.longer.than.the.room.of.64.bytes"};
    for (size_t i = 0; i < sizeof own / sizeof *own; ++i)
        cr_expect(lvk_host_is_loopback(own[i]), "%s", own[i]);
    for (size_t i = 0; i + 1 < sizeof others / sizeof *others; ++i)
        cr_expect_not(lvk_host_is_loopback(others[i]), "%s", others[i]);
}

Test(serve_parts, an_error_is_json) {
    lvk_reply reply = {0};
    lvk_reply_fail(&reply, 422, "image_refused", "%s: \"x\"\n", "a\\b");
    cr_assert_eq(reply.status, 422);
    cr_expect_str_eq(reply.owned,
                     "{\"error\": {\"code\": \"image_refused\", \"message\": \"a\\\\b: \\\"x\\\"\\n\"}}\n");
    lvk_reply_finish(&reply);
}

Test(serve_parts, histograms_add_up) {
    lvk_counters counters;
    lvk_text text = {0};
    lvk_counters_begin(&counters);
    lvk_counters_batch(&counters, 1);
    lvk_counters_batch(&counters, 5);
    lvk_counters_batch(&counters, 9999);
    lvk_counters_request(&counters, 0, 200, 0.003);
    lvk_counters_request(&counters, 0, 200, 0.004);
    lvk_counters_request(&counters, 0, 0, 1);
    lvk_counters_text(&counters, (const char *[]){"/"}, 1, &(lvk_gauges){.connections = 7}, &text);
    static const char *const lines[] = {"leukvk_batch_images_bucket{le=\"1\"} 1\n",
                                        "leukvk_batch_images_bucket{le=\"4\"} 1\n",
                                        "leukvk_batch_images_bucket{le=\"8\"} 2\n",
                                        "leukvk_batch_images_bucket{le=\"+Inf\"} 3\n",
                                        "leukvk_batch_images_sum 10005\n",
                                        "leukvk_images_total 10005\n",
                                        "leukvk_http_requests_total{route=\"/\",status=\"200\"} 2\n",
                                        "leukvk_http_request_seconds_bucket{route=\"/\",le=\"0.0025\"} 0\n",
                                        "leukvk_http_request_seconds_bucket{route=\"/\",le=\"0.005\"} 2\n",
                                        "leukvk_http_request_seconds_count{route=\"/\"} 2\n",
                                        "leukvk_http_broken_off_total 1\n",
                                        "leukvk_connections 7\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; ++i)
        cr_expect_not_null(strstr(text.data, lines[i]), "%s in\n%s", lines[i], text.data);
    lvk_text_finish(&text);
    lvk_counters_finish(&counters);
}
