/* What a request is answered. */
#ifndef LVK_SERVE_REPLY_H
#define LVK_SERVE_REPLY_H

#include "core/text.h"

#include <microhttpd.h>

typedef struct lvk_reply {
    unsigned status;     /* of HTTP; 0: there is no answer yet */
    const char *type;    /* of the content */
    const char *allow;   /* of 405: the methods that the path has */
    const void *content; /* `owned`, or a part of the program */
    size_t size;
    char *owned; /* NULL: the content is the program's */
    bool close;  /* the connection ends with the answer */
} lvk_reply;

/* Makes the reply an error: JSON {"error": {"code": …, "message": …}}. Where memory is out, the message is. */
void lvk_reply_fail(lvk_reply *reply, unsigned status, const char *code, const char *format, ...)
    LVK_PRINTF(4, 5);

/* Makes the reply of a text, which is emptied; type: of the content. */
void lvk_reply_text(lvk_reply *reply, unsigned status, const char *type, lvk_text *text);

/* Makes the reply of bytes that live as long as the program. */
void lvk_reply_fixed(lvk_reply *reply, const char *type, const void *bytes, size_t size);

/* Hands the reply over to the connection, and frees it. */
enum MHD_Result lvk_reply_send(struct MHD_Connection *connection, lvk_reply *reply);

void lvk_reply_finish(lvk_reply *reply);

#endif
