package hold

import (
	"bufio"
	"fmt"
	"os"
)

// Wait says `HOLD pid` on standard output and returns when a line, or the end,
// comes on standard input. Fixture programs set [Snapshot] to it.
func Wait(pid int) {
	fmt.Printf("HOLD %d\n", pid)
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
}
