package cli

import "slices"

// The groups of commands, in the order in which help lists them.
var groups = []string{
	"The crash",
	"Goroutines",
	"Stacks and frames",
	"Values",
	"Source, symbols and the rest",
}

// commandTable lists the commands of the debugger by name.
func commandTable() []command {
	table := slices.Concat(
		helpCommands(), crashCommands(), goroutineCommands(), treeCommands(), waitCommands(), stackCommands(), rulesCommands(),
		frameCommands(), dataCommands(), contextCommands(), sourceCommands(), symbolCommands(), configCommands(),
	)
	slices.SortFunc(table, func(a, b command) int {
		if a.names[0] < b.names[0] {
			return -1
		}
		return 1
	})
	return table
}
