/* A program that waits in system calls, each made in a line that is known by its comment. What was
 * on the stack before is left there on purpose: it must not be taken for a caller. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define APART __attribute__((noinline))

volatile long sum;

APART long leave_traces_2(long depth)
{
    volatile char rubbish[64];
    memset((char *)rubbish, 1, sizeof rubbish);
    if (depth > 0)
        sum += leave_traces_2(depth - 1);
    sum += rubbish[depth];
    return sum;
}

APART long leave_traces(void)
{
    sum += leave_traces_2(40);
    return sum;
}

APART void wait_in_read(void)
{
    char byte;
    sum += read(0, &byte, 1); /* line: read */
    sum++;
}

APART void wait_in_sleep(void)
{
    struct timespec hour = {3600, 0};
    sum += nanosleep(&hour, NULL); /* line: sleep */
    sum++;
}

APART void wait_in_stdio(void)
{
    char line[16];
    sum += fgets(line, sizeof line, stdin) == NULL; /* line: stdio */
    sum++;
}

static inline __attribute__((always_inline)) void inlined(void)
{
    char byte;
    sum += read(0, &byte, 1); /* line: inlined */
    sum++;
}

APART void serve(const char *how)
{
    /* What a walk along frame pointers begins with: libc does not touch the register. */
    printf("%lx\n", (unsigned long)(uintptr_t)__builtin_frame_address(0));
    fflush(stdout);
    sum += leave_traces();
    if (strcmp(how, "read") == 0)
        wait_in_read(); /* caller: read */
    else if (strcmp(how, "sleep") == 0)
        wait_in_sleep(); /* caller: sleep */
    else if (strcmp(how, "stdio") == 0)
        wait_in_stdio(); /* caller: stdio */
    else
        inlined(); /* caller: inlined */
    sum++;
}

int main(int count, char **arguments)
{
    if (count == 2)
        serve(arguments[1]); /* line: main */
    return sum == 0;
}
