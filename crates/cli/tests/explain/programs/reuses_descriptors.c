// Reads the FIFOs `first` and `second` of its directory one after the other, under the same number
// of a descriptor, while a child writes to them: after 200 ms to the one, after 400 ms more to the
// other. Before that it opens and closes 5,000 files.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void pause_ms(long milliseconds) {
    struct timespec pause = {0, milliseconds * 1000000};
    nanosleep(&pause, NULL);
}

static int gives(const char *path, long after_ms) {
    int fd = open(path, O_WRONLY);
    pause_ms(after_ms);
    return fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0;
}

// The number of the descriptor from which a byte was read, or -1.
static int takes(const char *path) {
    char byte;
    int fd = open(path, O_RDONLY);
    return fd >= 0 && read(fd, &byte, 1) == 1 && close(fd) == 0 ? fd : -1;
}

int main(void) {
    for (int turn = 0; turn < 5000; turn++)
        if (close(open("/dev/null", O_RDONLY)) != 0)
            return 1;
    if (mkfifo("first", 0600) != 0 || mkfifo("second", 0600) != 0)
        return 1;
    pid_t child = fork();
    if (child == 0)
        _exit(gives("first", 200) && gives("second", 400) ? 0 : 1);
    int first = takes("first"), second = takes("second"), status;
    if (first < 0 || first != second || waitpid(child, &status, 0) != child || status != 0)
        return 1;
    printf("descriptor %d twice\n", first);
    return 0;
}
