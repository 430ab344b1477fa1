"""View data of the operator's pages, made from the platform's parts."""
