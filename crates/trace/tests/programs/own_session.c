/* Makes a child with a session of its own, without executing another program, then one that keeps
 * the session of its parent. */
#include <sys/wait.h>
#include <unistd.h>

static pid_t child(int leads)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (leads)
			setsid();
		usleep(50000);
		_exit(leads);
	}
	return pid;
}

int main(void)
{
	waitpid(child(1), NULL, 0);
	waitpid(child(0), NULL, 0);
	return 0;
}
