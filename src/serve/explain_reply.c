#include "serve/explain_reply.h"

#include "core/memory.h"
#include "image/encode.h"
#include "leukvk/explain.h"
#include "page/html.h"
#include "serve/predict_reply.h"
#include "serve/server.h"

#include <math.h>
#include <stdio.h>

enum { SHARE_DIGITS = 4 };

void lvk_explain_answer(lvk_request *request) {
    request->explains = true;
    lvk_predict_answer(request);
}

/* The explainer, which is made for the first request that needs one, and the number of the class that is asked for. */
static lvk_status prepare(lvk_request *r, int *class_index) {
    lvk_server *server = r->server;
    const char *name = MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, "class");
    uint32_t number;
    if (!server->explainer)
        LVK_TRY(lvk_explainer_create(server->classifier, NULL, &server->explainer));
    *class_index = LVK_EXPLAIN_CALLED;
    if (!name || !*name)
        return LVK_OK;
    LVK_TRY(lvk_explainer_find_class(server->explainer, name, &number));
    *class_index = (int)number;
    return LVK_OK;
}

static void add_share(lvk_text *text, const char *key, double value) {
    lvk_text_add(text, ", \"%s\": ", key);
    if (isfinite(value))
        lvk_text_add_number(text, value, SHARE_DIGITS);
    else
        lvk_text_add(text, "null");
}

/* A line for people. */
static void add_note(lvk_text *text, const lvk_heat *heat, const char *class_name) {
    char note[512];
    if (!(heat->maximum > 0))
        snprintf(note, sizeof note, "nothing in the image speaks for %.200s", class_name);
    else if (!isfinite(heat->outside_cell))
        snprintf(note, sizeof note,
                 "heat of %.200s; the image has no black ground that tells cell from ground", class_name);
    else
        snprintf(note, sizeof note,
                 "heat of %.200s: %.0f %% lies outside the cell, where an even map would have %.0f %%%s",
                 class_name, 100 * heat->outside_cell, 100 * heat->outside,
                 lvk_heat_is_astray(heat) ? ": the model looks beside the cell" : "");
    lvk_text_add_json(text, note);
}

static lvk_status add_overlay(lvk_text *text, const lvk_explanation *x) {
    uint8_t *rgb = lvk_alloc((size_t)x->side * x->side, 3);
    void *png = NULL;
    size_t size;
    if (!rgb)
        return LVK_ERROR_MEMORY;
    lvk_explanation_overlay(x, rgb);
    const lvk_status status = lvk_png_encode(rgb, x->side, x->side, 3, &png, &size);
    if (status == LVK_OK)
        lvk_html_add_data(text, "image/png", png, size);
    lvk_free(png);
    lvk_free(rgb);
    return status;
}

static lvk_status add_explanation(lvk_text *text, const lvk_request *r, const lvk_explanation *x) {
    const lvk_heat *heat = &x->heat;
    const char *name = lvk_explainer_class_name(r->server->explainer, heat->class_index);
    lvk_text_add(text, "{\"name\": ");
    lvk_text_add_json(text, r->images[0].file.name);
    lvk_text_add(text, ", \"class\": ");
    lvk_text_add_json(text, name);
    lvk_text_add(text, ", \"probability\": ");
    lvk_text_add_number(text, heat->p, LVK_PREDICTION_DIGITS);
    add_share(text, "maximum", heat->maximum);
    add_share(text, "on_ground", heat->on_ground);
    add_share(text, "outside_cell", heat->outside_cell);
    add_share(text, "ground", heat->ground);
    add_share(text, "outside", heat->outside);
    lvk_text_add(text,
                 ", \"astray\": %s, \"side\": %u, \"note\": ", lvk_heat_is_astray(heat) ? "true" : "false",
                 (unsigned)x->side);
    add_note(text, heat, name);
    lvk_text_add(text, ",\n \"overlay\": \"");
    LVK_TRY(add_overlay(text, x));
    lvk_text_add(text, "\"}\n");
    return LVK_OK;
}

static lvk_status explain(lvk_request *r, int class_index, lvk_text *text) {
    lvk_explanation x;
    LVK_TRY(lvk_explain_picture(r->server->explainer, r->images[0].picture, class_index, &x));
    const lvk_status status = add_explanation(text, r, &x);
    lvk_explanation_finish(&x);
    return status;
}

void lvk_explain_reply(lvk_request *r) {
    int class_index;
    lvk_text text = {0};
    lvk_status status = prepare(r, &class_index);
    if (status == LVK_ERROR_ARGUMENT) {
        lvk_reply_fail(&r->reply, MHD_HTTP_BAD_REQUEST, "bad_request", "%s", lvk_error_message());
        return;
    }
    if (status == LVK_OK)
        status = explain(r, class_index, &text);
    if (status == LVK_OK)
        lvk_reply_text(&r->reply, MHD_HTTP_OK, "application/json", &text);
    else
        lvk_reply_fail(&r->reply, MHD_HTTP_INTERNAL_SERVER_ERROR, "explanation_failed", "%s",
                       lvk_error_message());
    lvk_text_finish(&text);
}
