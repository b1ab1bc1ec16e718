// Makes 1,000 calls by the numbers of 32-bit code, as a 32-bit program does.
int main(void) {
    for (int turn = 0; turn < 1000; turn++) {
        long result;
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory"); // getpid
        if (result <= 0)
            return 1;
    }
    return 0;
}
