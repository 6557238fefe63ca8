"""What the operations answer, as types: the document is made of them, tests hold every answer
against them. One module a subject, as the views.
"""
