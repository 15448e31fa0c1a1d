// Inc has goroutines in C: one that reads there, one that computes there, one
// that C called back, and one that runs on a thread which C has made.
package main

/*
#cgo LDFLAGS: -lpthread
#include <pthread.h>
#include <unistd.h>

extern void goBack(int);
extern void goOnThread(int);

static volatile int stop;

__attribute__((noinline)) static long c_reads(int fd) {
	char b[64];
	long n = read(fd, b, sizeof b);
	return n + b[0];
}

__attribute__((noinline)) static long c_outer(int fd) {
	volatile long n = c_reads(fd);
	return n + 1;
}

__attribute__((noinline)) static long c_spins(void) {
	volatile long n = 0;
	while (!stop) n++;
	return n;
}

static void c_stop(void) { stop = 1; }

__attribute__((noinline)) static void c_calls_back(int n) {
	goBack(n);
	stop += 0;
}

static void *c_thread(void *arg) {
	goOnThread(*(int *)arg);
	stop += 0;
	return 0;
}

static pthread_t thread;
static int thread_arg = 7;

static int c_start_thread(void) { return pthread_create(&thread, 0, c_thread, &thread_arg); }
static void c_join_thread(void) { pthread_join(thread, 0); }
*/
import "C"

import (
	"runtime"
	"syscall"

	"github.com/gopostmortem/postmortem/dump"
	"github.com/gopostmortem/postmortem/internal/settle"
	"github.com/gopostmortem/postmortem/testdata/internal/given"
)

var (
	entered = make(chan int)
	leave   = make(chan int)
)

//export goBack
func goBack(n C.int) {
	what := "called back by C"
	_, err := dump.Snapshot(what, given.Options()...)
	given.Check(err)
	runtime.KeepAlive(&what)
}

//export goOnThread
func goOnThread(n C.int) {
	where := "on a thread of C"
	entered <- int(n)
	<-leave // on the thread
	runtime.KeepAlive(&where)
}

func reads(fd int) {
	why := "waits for a byte"
	C.c_outer(C.int(fd)) // reads
	runtime.KeepAlive(&why)
}

func spins() {
	why := "computes"
	C.c_spins() // spins
	runtime.KeepAlive(&why)
}

func calls() {
	why := "calls C that calls back"
	C.c_calls_back(3) // calls
	runtime.KeepAlive(&why)
}

func main() {
	var pipe [2]int
	given.Check(syscall.Pipe(pipe[:]))
	go reads(pipe[0])
	go spins()
	if C.c_start_thread() != 0 {
		panic("no thread")
	}
	<-entered
	settle.Reading(pipe[0])
	settle.Waiting("spins", "goOnThread")
	calls()
	C.c_stop()
	_, err := syscall.Write(pipe[1], []byte("x"))
	given.Check(err)
	leave <- 1
	C.c_join_thread()
}
