//go:build linux && amd64 && race

package hostile

// race says that everything takes ten times as long, and as much more memory.
const race = true
