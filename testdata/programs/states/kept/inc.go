//go:build inc

package kept

// #include <unistd.h>
// static void napping(void) { for (;;) sleep(1000); }
import "C"

func init() { states = append(states, state{"inC", inC}) }

//go:noinline
func inC(tag string, n int) int {
	p := newPoint(n, tag)
	C.napping()
	return use(tag, n, p)
}
