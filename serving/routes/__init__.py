"""A file an endpoint: its address, how its request is read, what OpenAPI says of it.

May import the rest of serving, but no other route. ``serving/app.py`` lists the routers.
"""
