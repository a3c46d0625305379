"""The service: tags pictures, and finds them by text, picture or sketch.

May import project and components, no stage and no search over methods. A route lives in
``routes``, what a request must not do in ``guards``; ``launch`` starts it all.
"""
