// Makes calls of many kinds: numbers that the kernel does not have, N times each of 80; then
// getppid(2) 10,000 times, which is another kind.

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **arguments) {
    int times = count > 1 ? atoi(arguments[1]) : 3;
    // x86-64 has no calls from 335 to 423.
    for (int i = 0; i < times; i++)
        for (long number = 340; number < 420; number++)
            syscall(number);
    for (int i = 0; i < 10000; i++)
        syscall(SYS_getppid);
    return 0;
}
