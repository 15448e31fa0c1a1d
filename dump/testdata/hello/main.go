// Hello is the program whose size is compared with that of hellodump.
package main

import "fmt"

func main() { fmt.Println("hello") }
