#!/bin/bash
# The stand-in needs nothing but bash and curl.
