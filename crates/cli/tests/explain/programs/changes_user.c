// Becomes another user, which takes its privileges and hides its files in /proc, and goes on.
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void) {
    if (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0)
        return 1;
    int ends[2];
    if (pipe(ends) != 0)
        return 1;
    for (int turn = 0; turn < 10; turn++) {
        char byte = 0;
        struct timespec pause = {0, 10000000};
        nanosleep(&pause, NULL);
        if (write(ends[1], &byte, 1) != 1 || read(ends[0], &byte, 1) != 1)
            return 1;
    }
    printf("user %d\n", (int)getuid());
    return 0;
}
