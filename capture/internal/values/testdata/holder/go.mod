module holder

go 1.25
