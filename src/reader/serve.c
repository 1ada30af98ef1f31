#include "reader/serve.h"

#include "core/child_program.h"
#include "core/memory.h"
#include "reader/keras_h5.h"
#include "reader/keras_zip.h"
#include "reader/protocol.h"

static lvk_status answer_tensor(const lvk_h5_file *file, const char *path, const lvk_reader_tensor *tensor) {
    float *values = lvk_alloc(1, tensor->size);
    lvk_status status = values ? lvk_h5_read(file, path, tensor, values) : LVK_ERROR_MEMORY;
    const lvk_status read = status;
    status = lvk_parent_put_report(read);
    if (status == LVK_OK && read == LVK_OK)
        status = lvk_parent_put(values, tensor->size);
    lvk_free(values);
    return status == LVK_OK ? read : status;
}

/* What has been said of the answer. */
typedef struct progress {
    bool begun;
} progress;

static lvk_status answer(void *user, const lvk_h5_file *file, const lvk_keras_list *list) {
    progress *p = user;
    const lvk_reader_tensors head = {.count = list->count};
    p->begun = true;
    LVK_TRY(lvk_parent_put_report(LVK_OK));
    LVK_TRY(lvk_parent_put(&head, sizeof head));
    LVK_TRY(lvk_parent_put(list->tensors, list->count * sizeof *list->tensors));
    for (size_t i = 0; i < list->count; ++i)
        LVK_TRY(answer_tensor(file, list->paths[i], &list->tensors[i]));
    return LVK_OK;
}

lvk_status lvk_reader_serve(void) {
    lvk_reader_request request;
    progress p = {.begun = false};
    const lvk_keras_taker taker = {answer, &p};
    LVK_TRY(lvk_parent_get(&request, sizeof request));
    char *name = lvk_alloc(1, (size_t)request.name_length + 1);
    void *bytes = lvk_alloc(1, (size_t)request.size);
    lvk_status status = name && bytes ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = lvk_parent_get(name, request.name_length);
    if (status == LVK_OK)
        status = lvk_parent_get(bytes, (size_t)request.size);
    if (status == LVK_OK)
        status = request.form == LVK_READER_KERAS_ZIP
                     ? lvk_keras_zip_list(name, bytes, (size_t)request.size, &taker)
                     : lvk_keras_h5_list(name, bytes, (size_t)request.size, &taker);
    if (status != LVK_OK && !p.begun)
        status = lvk_parent_put_report(status);
    lvk_free(name);
    lvk_free(bytes);
    return status;
}
