// Makes the same system calls each time, with one thread and nothing random.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(void) {
    char data[64];
    int ends[2];
    if (pipe2(ends, O_NONBLOCK) != 0)
        return 1;
    for (int turn = 0; turn < 1234; turn++)
        if (write(ends[1], data, 3) != 3 || read(ends[0], data, 3) != 3)
            return 1;
    for (int turn = 0; turn < 321; turn++)
        if (read(ends[0], data, 3) != -1 || errno != EAGAIN)
            return 1;
    for (int turn = 0; turn < 77; turn++)
        close(open("/dev/null", O_RDONLY));
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(0);
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) != 0)
        return 1;
    for (int turn = 0; turn < 55; turn++)
        if (epoll_wait(epoll, &event, 1, turn % 2) != 0)
            return 1;
    for (int turn = 0; turn < 20000; turn++)
        syscall(SYS_getppid);
    pid_t child = fork();
    if (child == 0) {
        for (int turn = 0; turn < 99; turn++)
            if (read(ends[0], data, 1) != -1)
                _exit(1);
        _exit(0);
    }
    int status;
    return waitpid(child, &status, 0) != child || status != 0;
}
