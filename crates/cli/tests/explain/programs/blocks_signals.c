// Blocks every signal that can be blocked, says so by the file `ready`, sleeps for as many
// milliseconds as the first argument says, and exits with 4.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **arguments) {
    long milliseconds = atol(arguments[count - 1]);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    close(open("ready", O_CREAT | O_WRONLY, 0600));
    struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&pause, NULL);
    return 4;
}
