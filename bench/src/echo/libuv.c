/* libuv: the echo server of its guide (networking, "TCP"), with one buffer for all connections,
 * since what was read is written before anything else is read: uv_try_write comes first, and only
 * what the socket did not take gets memory of its own. The arguments are the listener's
 * descriptor and its address, which is printed once the loop listens.
 *
 * Left out on purpose: anything but echo. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { BACKLOG = 4096, BUFFER_BYTES = 64 * 1024 };

static char buffer[BUFFER_BYTES];

typedef struct {
    uv_write_t request;
    char data[];
} owed_t;

static void fail(const char *what, int error) {
    fprintf(stderr, "%s: %s\n", what, uv_strerror(error));
    exit(1);
}

static void free_handle(uv_handle_t *handle) { free(handle); }

static void lend(uv_handle_t *handle, size_t suggested, uv_buf_t *into) {
    (void)handle;
    (void)suggested;
    *into = uv_buf_init(buffer, sizeof buffer);
}

static void written(uv_write_t *request, int status) {
    (void)status; /* The read finds the end of the connection. */
    free(request);
}

static void received(uv_stream_t *stream, ssize_t count, const uv_buf_t *data) {
    if (count < 0) {
        uv_close((uv_handle_t *)stream, free_handle);
        return;
    }
    if (count == 0) return;
    uv_buf_t all = uv_buf_init(data->base, (unsigned)count);
    int taken = uv_try_write(stream, &all, 1);
    if (taken == count) return;
    if (taken < 0 && taken != UV_EAGAIN) {
        uv_close((uv_handle_t *)stream, free_handle);
        return;
    }
    size_t from = taken < 0 ? 0 : (size_t)taken;
    size_t rest = (size_t)count - from;
    owed_t *owed = malloc(sizeof *owed + rest);
    if (owed == NULL) fail("malloc", UV_ENOMEM);
    memcpy(owed->data, data->base + from, rest);
    uv_buf_t left = uv_buf_init(owed->data, (unsigned)rest);
    int error = uv_write(&owed->request, stream, &left, 1, written);
    if (error) fail("uv_write", error);
}

static void connected(uv_stream_t *server, int status) {
    if (status < 0) fail("accept", status);
    uv_tcp_t *client = malloc(sizeof *client);
    if (client == NULL) fail("malloc", UV_ENOMEM);
    uv_tcp_init(server->loop, client);
    int error = uv_accept(server, (uv_stream_t *)client);
    if (error) fail("uv_accept", error);
    error = uv_read_start((uv_stream_t *)client, lend, received);
    if (error) fail("uv_read_start", error);
}

int main(int count, char **words) {
    if (count == 2 && strcmp(words[1], "--version") == 0) {
        puts(uv_version_string());
        return 0;
    }
    if (count != 3) {
        fprintf(stderr, "usage: %s DESCRIPTOR ADDRESS | --version\n", words[0]);
        return 2;
    }
    uv_tcp_t server;
    uv_tcp_init(uv_default_loop(), &server);
    int error = uv_tcp_open(&server, atoi(words[1]));
    if (error) fail("uv_tcp_open", error);
    error = uv_listen((uv_stream_t *)&server, BACKLOG, connected);
    if (error) fail("uv_listen", error);
    puts(words[2]);
    fflush(stdout);
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
