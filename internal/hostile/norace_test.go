//go:build linux && amd64 && !race

package hostile

const race = false
