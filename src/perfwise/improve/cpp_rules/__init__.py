"""Family: rewrites of C++ programs that may make them cheaper."""
