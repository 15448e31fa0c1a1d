// A C program that has Go in it.
void run(char *file);

int main(int argc, char **argv) {
	run(argv[1]);
	return 0;
}
