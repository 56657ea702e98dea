"""What templates of every app may use; all of it is built in, no {% load %} needed."""
